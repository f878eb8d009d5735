package dev.latchkey.server.environments;

import java.util.Locale;
import java.util.Optional;

/** A colour of sRGB. @param rgb 0xRRGGBB */
public record Color(int rgb) {
    public static final Color WHITE = new Color(0xFFFFFF);
    public static final Color BLACK = new Color(0x000000);

    /** @param text such as {@code #3046C8} */
    public static Optional<Color> parse(String text) {
        return text.matches("#[0-9a-fA-F]{6}")
                ? Optional.of(new Color(Integer.parseInt(text.substring(1), 16)))
                : Optional.empty();
    }

    public String hex() {
        return String.format(Locale.ROOT, "#%06X", rgb);
    }

    /** The contrast of two colours, 1 to 21 (WCAG 2.2, contrast ratio). */
    public double contrast(Color other) {
        double one = luminance() + .05;
        double two = other.luminance() + .05;
        return Math.max(one, two) / Math.min(one, two);
    }

    /** @param share of the other colour, 0 to 1 */
    public Color mixed(Color other, double share) {
        int mixed = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            double channel = (rgb >> shift & 255) * (1 - share) + (other.rgb >> shift & 255) * share;
            mixed = mixed << 8 | (int) Math.round(channel);
        }
        return new Color(mixed);
    }

    /** The nearest shade with the contrast on a background, towards black or white. */
    public Color readableOn(Color ground, double contrast) {
        Color end = ground.luminance() > .18 ? BLACK : WHITE;
        for (int step = 0; step < 20; step++) {
            Color shade = mixed(end, step / 20.0);
            if (shade.contrast(ground) >= contrast) {
                return shade;
            }
        }
        return end;
    }

    private double luminance() {
        return .2126 * linear(rgb >> 16 & 255) + .7152 * linear(rgb >> 8 & 255) + .0722 * linear(rgb & 255);
    }

    private static double linear(int channel) {
        double part = channel / 255.0;
        return part <= .04045 ? part / 12.92 : Math.pow((part + .055) / 1.055, 2.4);
    }
}
