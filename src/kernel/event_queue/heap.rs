//! A 4-ary implicit heap of unique `u128` keys, smallest first.
//!
//! Four children are one cache line (LaMarca and Ladner, "The influence of
//! caches on the performance of heaps", 1996): the lines are aligned and
//! padded with `NEVER`, so the smallest child is found without looking at the
//! length. Taking the top leaves a hole; a simulation nearly always schedules
//! something next, and that fills the hole with one walk down instead of the
//! two walks of a pop and a push.

use super::NEVER;

/// Four siblings.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u128; 4]);

const EMPTY_LINE: Line = Line([NEVER; 4]);
/// The root stands last in line 0; its children are line 1, theirs 2 to 5.
const ROOT: usize = 3;

#[derive(Debug)]
pub(super) struct Heap {
    lines: Vec<Line>,
    /// Places in use from the root on, the hole among them.
    places: usize,
    /// Whether the root is a place without a key.
    hole: bool,
}

/// The line that holds the children of `place`.
#[inline]
fn children(place: usize) -> usize {
    place - 2
}

/// The place above `place`.
#[inline]
fn parent(place: usize) -> usize {
    place / 4 + 2
}

/// Place within the line of its smallest key, and that key.
#[inline]
fn smallest(line: &Line) -> (usize, u128) {
    let [a, b, c, d] = line.0;
    let left = if b < a { (1, b) } else { (0, a) };
    let right = if d < c { (3, d) } else { (2, c) };
    if right.1 < left.1 { right } else { left }
}

impl Heap {
    pub(super) fn new() -> Self {
        Self { lines: vec![EMPTY_LINE; 2], places: 0, hole: false }
    }

    pub(super) fn len(&self) -> usize {
        self.places - usize::from(self.hole)
    }

    /// The smallest key, `NEVER` without one.
    pub(super) fn peek(&self) -> u128 {
        if self.hole { smallest(&self.lines[1]).1 } else { self.lines[0].0[ROOT] }
    }

    /// The smallest key, `NEVER` without one; closes the hole.
    #[inline]
    pub(super) fn top(&mut self) -> u128 {
        if self.hole {
            self.close_hole();
        }
        self.lines[0].0[ROOT]
    }

    /// Removes the key that `top` has just shown.
    #[inline]
    pub(super) fn take_top(&mut self) {
        debug_assert!(!self.hole && self.places > 0);
        self.hole = true;
    }

    #[inline]
    pub(super) fn push(&mut self, key: u128) {
        if self.hole {
            self.hole = false;
            self.sift_down(key);
        } else {
            self.sift_up(key);
        }
    }

    /// Moves the last key to where the hole at the root ends up.
    fn close_hole(&mut self) {
        self.hole = false;
        self.places -= 1;
        let last = ROOT + self.places;
        let key = std::mem::replace(&mut self.lines[last / 4].0[last % 4], NEVER);
        if self.places > 0 {
            self.sift_down(key);
        }
    }

    /// Lets the hole at the root sink until `key` fits.
    #[inline]
    fn sift_down(&mut self, key: u128) {
        let mut place = ROOT;
        loop {
            let below = children(place);
            let Some(line) = self.lines.get(below) else {
                break;
            };
            let (child, child_key) = smallest(line);
            if key < child_key {
                break;
            }
            self.lines[place / 4].0[place % 4] = child_key;
            place = below * 4 + child;
        }
        self.lines[place / 4].0[place % 4] = key;
    }

    /// Lets a new last place rise until `key` fits.
    #[inline]
    fn sift_up(&mut self, key: u128) {
        let mut place = ROOT + self.places;
        self.places += 1;
        if place / 4 == self.lines.len() {
            self.lines.push(EMPTY_LINE);
        }
        while place > ROOT {
            let above = parent(place);
            let parent_key = self.lines[above / 4].0[above % 4];
            if parent_key < key {
                break;
            }
            self.lines[place / 4].0[place % 4] = parent_key;
            place = above;
        }
        self.lines[place / 4].0[place % 4] = key;
    }
}
