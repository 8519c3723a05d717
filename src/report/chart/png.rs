//! PNG images of 24-bit colour, from finer samples.

use super::canvas::{ChartError, failed};

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
pub(super) fn encode(width: usize, height: usize, pixels: &[u8]) -> Result<Vec<u8>, ChartError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Charts are runs of one colour: lines are best told from the one above.
    encoder.set_filter(png::FilterType::Up);
    encoder.set_compression(png::Compression::Default);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    //! Goal: samples become the pixels of the file. Method: a square averaged
    //! by hand, and a file read back.
    use super::*;

    #[test]
    fn averages_squares() {
        let samples = [0, 0, 0, 10, 20, 30, 10, 20, 30, 20, 40, 60];
        assert_eq!(averaged(&samples, 1, 1, 2), [10, 20, 30]);
    }

    #[test]
    fn a_file_holds_its_pixels() {
        let pixels: Vec<u8> = (0..3 * 5 * 7).map(|place| (place * 37 % 251) as u8).collect();
        let file = encode(5, 7, &pixels).unwrap();
        let mut reader = png::Decoder::new(&file[..]).read_info().unwrap();
        let mut read = vec![0; reader.output_buffer_size()];
        let frame = reader.next_frame(&mut read).unwrap();
        assert_eq!((frame.width, frame.height, frame.color_type), (5, 7, png::ColorType::Rgb));
        assert_eq!(read, pixels);
    }
}
