//! PNG images of 24-bit colour (RFC 2083), compressed by the fixed Huffman code
//! of DEFLATE (RFC 1951 §3.2.6). Charts are mostly runs of one colour: after
//! the prediction of each line from the one above, runs are all that pays.

/// Averages squares of `factor` × `factor` samples of three bytes.
pub(super) fn averaged(samples: &[u8], width: usize, height: usize, factor: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(3 * width * height);
    let (stride, square) = (3 * width * factor, (factor * factor) as u32);
    for row in 0..height {
        for column in 0..width {
            for part in 0..3 {
                let mut sum = 0;
                for y in row * factor..(row + 1) * factor {
                    for x in column * factor..(column + 1) * factor {
                        sum += u32::from(samples[y * stride + 3 * x + part]);
                    }
                }
                pixels.push(((sum + square / 2) / square) as u8);
            }
        }
    }
    pixels
}

/// The image as a file; `pixels` are lines of red, green, blue.
pub(super) fn encode(width: usize, height: usize, pixels: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend((width as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    // 8 bits a channel, red green blue, the one compression, the one filter, no interlace.
    header.extend([8, 2, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &compressed(&predicted(width, pixels)));
    chunk(&mut file, b"IEND", &[]);
    file
}

/// Each line as its difference from the line above (filter 2, "up").
fn predicted(width: usize, pixels: &[u8]) -> Vec<u8> {
    let stride = 3 * width;
    let mut above = vec![0; stride];
    let mut lines = Vec::with_capacity(pixels.len() + pixels.len() / stride.max(1));
    for line in pixels.chunks_exact(stride) {
        lines.push(2);
        lines.extend(line.iter().zip(&above).map(|(now, above)| now.wrapping_sub(*above)));
        above.copy_from_slice(line);
    }
    lines
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) {
    file.extend((content.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend(kind);
    file.extend(content);
    let check = crc(&file[start..]);
    file.extend(check.to_be_bytes());
}

/// A zlib stream of one block.
fn compressed(data: &[u8]) -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x78, 0x01], pending: 0, number: 0 };
    // Last block, fixed code.
    bits.put(0b011, 3);
    let mut at = 0;
    while at < data.len() {
        bits.literal(data[at]);
        let run = data[at + 1..].iter().take_while(|byte| **byte == data[at]).count();
        at += 1 + bits.repeats(run);
    }
    bits.symbol(256);
    bits.flush();
    bits.bytes.extend(adler(data).to_be_bytes());
    bits.bytes
}

/// Bits, least significant first.
struct Bits {
    bytes: Vec<u8>,
    pending: u64,
    number: u32,
}

impl Bits {
    fn put(&mut self, value: u32, bits: u32) {
        self.pending |= u64::from(value) << self.number;
        self.number += bits;
        while self.number >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.number -= 8;
        }
    }

    fn flush(&mut self) {
        if self.number > 0 {
            self.put(0, 8 - self.number);
        }
    }

    /// A symbol of the fixed code, whose codes start with their top bit.
    fn symbol(&mut self, symbol: u32) {
        let (code, bits) = match symbol {
            0..=143 => (0x30 + symbol, 8),
            144..=255 => (0x190 + symbol - 144, 9),
            256..=279 => (symbol - 256, 7),
            _ => (0xc0 + symbol - 280, 8),
        };
        self.put(code.reverse_bits() >> (32 - bits), bits);
    }

    fn literal(&mut self, byte: u8) {
        self.symbol(u32::from(byte));
    }

    /// Repeats the byte before as often as whole matches allow, and says how often.
    fn repeats(&mut self, run: usize) -> usize {
        let mut left = run;
        while left >= 3 {
            let length = left.min(258);
            self.length(length as u32);
            // Distance 1: code 0 of five bits, no extra.
            self.put(0, 5);
            left -= length;
        }
        run - left
    }

    /// The symbol and extra bits of a length of 3 to 258 (RFC 1951 §3.2.5).
    fn length(&mut self, length: u32) {
        if length == 258 {
            return self.symbol(285);
        }
        let offset = length - 3;
        if offset < 8 {
            return self.symbol(257 + offset);
        }
        // Four symbols for each number of extra bits.
        let extra = offset.ilog2() - 2;
        self.symbol(257 + 4 * extra + (offset >> extra));
        self.put(offset & ((1 << extra) - 1), extra);
    }
}

/// CRC-32 of RFC 2083 appendix D.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        let mut crc = crc ^ u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
        crc
    })
}

/// Adler-32 of RFC 1950 §9.
fn adler(bytes: &[u8]) -> u32 {
    let (mut first, mut second) = (1_u32, 0_u32);
    for byte in bytes {
        first = (first + u32::from(*byte)) % 65_521;
        second = (second + first) % 65_521;
    }
    second << 16 | first
}

#[cfg(test)]
mod tests {
    //! Goal: the encoder writes what the standards say. Method: published
    //! check values, and a decoder of the same small part of DEFLATE.
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn check_values() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn averages_squares() {
        let samples = [0, 0, 0, 10, 20, 30, 10, 20, 30, 20, 40, 60];
        assert_eq!(averaged(&samples, 1, 1, 2), [10, 20, 30]);
    }

    proptest! {
        #[test]
        fn decompressing_gives_the_data(
            runs in prop::collection::vec((any::<u8>(), 1_usize..700), 0..20),
        ) {
            let data: Vec<u8> = runs.iter().flat_map(|(byte, times)| vec![*byte; *times]).collect();
            prop_assert_eq!(decompressed(&compressed(&data)), data);
        }
    }

    /// Reads one block of the fixed code, with matches of distance 1 only.
    fn decompressed(stream: &[u8]) -> Vec<u8> {
        /// Base and extra bits of the length symbols, from the table of RFC 1951.
        const LENGTHS: [(usize, usize); 29] = [
            (3, 0),
            (4, 0),
            (5, 0),
            (6, 0),
            (7, 0),
            (8, 0),
            (9, 0),
            (10, 0),
            (11, 1),
            (13, 1),
            (15, 1),
            (17, 1),
            (19, 2),
            (23, 2),
            (27, 2),
            (31, 2),
            (35, 3),
            (43, 3),
            (51, 3),
            (59, 3),
            (67, 4),
            (83, 4),
            (99, 4),
            (115, 4),
            (131, 5),
            (163, 5),
            (195, 5),
            (227, 5),
            (258, 0),
        ];
        let mut bits =
            stream[2..].iter().flat_map(|byte| (0..8).map(move |bit| usize::from(byte >> bit & 1)));
        let mut data: Vec<u8> = Vec::new();
        assert_eq!([bits.next(), bits.next(), bits.next()], [Some(1), Some(1), Some(0)]);
        loop {
            let mut code = 0;
            let mut take = |code: usize, number| {
                (0..number).fold(code, |code, _| code << 1 | bits.next().unwrap())
            };
            code = take(code, 7);
            let symbol = if code <= 0b001_0111 {
                256 + code
            } else {
                code = take(code, 1);
                match code {
                    0x30..=0xbf => code - 0x30,
                    0xc0..=0xc7 => 280 + code - 0xc0,
                    _ => 144 + take(code, 1) - 0x190,
                }
            };
            match symbol {
                0..=255 => data.push(symbol as u8),
                256 => return data,
                _ => {
                    let (base, extra) = LENGTHS[symbol - 257];
                    let more: usize = (0..extra).map(|place| bits.next().unwrap() << place).sum();
                    let last = *data.last().unwrap();
                    data.extend(std::iter::repeat_n(last, base + more));
                    assert!((0..5).all(|_| bits.next() == Some(0)), "a distance other than 1");
                }
            }
        }
    }
}
