//! How fast jobs advance that share the vCPUs of a machine.

/// Bits of the fraction of virtual time, and of the speed of a job.
pub(super) const FRACTION_BITS: u32 = 30;

/// The speed of a job that has a vCPU of its own and nobody beside it.
pub(super) const FULL_SPEED: u64 = 1 << FRACTION_BITS;

/// Speed of each job in units of 2^−30, by the number of jobs in service.
///
/// Universal Scalability Law (Gunther, *Guerrilla Capacity Planning*, 2007,
/// ch. 4): b busy vCPUs do the work of C(b) = b / (1 + σ(b − 1) + κb(b − 1))
/// of them, σ the contention and κ the coherency. n jobs keep b = min(n, c)
/// of the c vCPUs busy and share C(b) equally.
///
/// Speeds are rounded down, so that no job is ever done early; the least is
/// one unit, so that every job is done some day.
#[derive(Debug)]
pub(super) struct Speeds {
    /// Speed of each of n jobs at index n − 1, up to one job per vCPU.
    each: Box<[u64]>,
    /// Speed of all vCPUs together.
    all: u64,
}

impl Speeds {
    /// # Panics
    /// If there is no vCPU, or a coefficient is negative or not a number.
    pub(super) fn new(vcpus: u32, contention: f64, coherency: f64) -> Self {
        assert!(vcpus > 0, "a station has a server");
        assert!(contention >= 0.0 && coherency >= 0.0, "vCPUs do not speed each other up");
        let speed = |busy: u32| {
            let (busy, others) = (f64::from(busy), f64::from(busy - 1));
            FULL_SPEED as f64 / (1.0 + contention * others + coherency * busy * others)
        };
        Self {
            each: (1..=vcpus).map(|busy| (speed(busy) as u64).max(1)).collect(),
            all: (speed(vcpus) * f64::from(vcpus)) as u64,
        }
    }

    /// Number of vCPUs.
    #[inline]
    pub(super) fn vcpus(&self) -> usize {
        self.each.len()
    }

    /// Speed of each of `jobs` in service; full speed for none.
    #[inline]
    pub(super) fn of(&self, jobs: usize) -> u64 {
        match jobs {
            0 => FULL_SPEED,
            _ if jobs <= self.each.len() => self.each[jobs - 1],
            _ => (self.all / jobs as u64).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the law and its rounding. Method: figures by hand.
    use super::*;

    #[test]
    fn without_loss_vcpus_are_shared_equally() {
        let speeds = Speeds::new(4, 0.0, 0.0);
        assert!((1..=4).all(|jobs| speeds.of(jobs) == FULL_SPEED));
        assert_eq!(speeds.of(8), FULL_SPEED / 2);
        assert_eq!(speeds.of(6), (4 << FRACTION_BITS) / 6);
        assert_eq!(speeds.vcpus(), 4);
    }

    #[test]
    fn contention_and_coherency_slow_every_job_down() {
        // C(4) = 4 / (1 + 0.25·3 + 0.125·4·3) = 4 / 3.25.
        let speeds = Speeds::new(4, 0.25, 0.125);
        let full = FULL_SPEED as f64;
        assert_eq!(speeds.of(1), FULL_SPEED);
        assert_eq!(speeds.of(4), (full / 3.25) as u64);
        assert_eq!(speeds.of(5), (full * 4.0 / 3.25) as u64 / 5);
    }

    #[test]
    fn jobs_never_stand_still() {
        let speeds = Speeds::new(2, 0.0, 1e30);
        assert_eq!((speeds.of(2), speeds.of(3)), (1, 1));
    }
}
