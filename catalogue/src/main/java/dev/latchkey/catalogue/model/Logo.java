package dev.latchkey.catalogue.model;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * A provider's logo as SVG: the brand's glyph from Simple Icons (CC0) on a tile of its colour, its logo from SVG Logos (CC0) on a
 * white one, or a monogram where there is neither. The tile makes it legible on light and on dark pages. The same on every start;
 * thread-safe.
 */
public final class Logo {
    /** WCAG 2.2, 1.4.3. */
    private static final double LEGIBLE = 4.5;

    private Logo() {}

    private sealed interface Icon {
        /** On a tile, named for readers of screens. */
        String drawn(String name);

        /** One path in a box of 24 by 24, drawn in black or white on the brand's colour. */
        record Glyph(String hex, String path) implements Icon {
            @Override
            public String drawn(String name) {
                return glyph(name, this);
            }
        }

        /** In its own colours. */
        record Mark(int width, int height, String content) implements Icon {
            @Override
            public String drawn(String name) {
                return mark(name, this);
            }
        }
    }

    /** Loaded when the first logo is requested. */
    private static final class Icons {
        static final Map<String, Icon> BY_SLUG = read();

        private static Map<String, Icon> read() {
            Map<String, Icon> icons = new HashMap<>();
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                    Objects.requireNonNull(Logo.class.getClassLoader().getResourceAsStream("icons.tsv"), "icons.tsv"),
                    StandardCharsets.UTF_8))) {
                reader.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                    String[] parts = line.split("\t");
                    icons.put(
                            parts[0],
                            parts.length == 3
                                    ? new Icon.Glyph(parts[1], parts[2])
                                    : new Icon.Mark(Integer.parseInt(parts[1]), Integer.parseInt(parts[2]), parts[3]));
                });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Map.copyOf(icons);
        }
    }

    public static String svg(Provider provider) {
        return provider.about()
                .icon()
                .map(Icons.BY_SLUG::get)
                .map(icon -> icon.drawn(provider.name()))
                .orElseGet(() -> monogram(provider.name()));
    }

    private static String mark(String name, Icon.Mark mark) {
        return tile(
                name,
                "ffffff",
                "<svg x=\"10\" y=\"10\" width=\"44\" height=\"44\" viewBox=\"0 0 " + mark.width() + " " + mark.height()
                        + "\">" + mark.content() + "</svg>");
    }

    private static String glyph(String name, Icon.Glyph icon) {
        String ink = contrast(icon.hex(), "ffffff") >= contrast(icon.hex(), "000000") ? "fff" : "000";
        return tile(
                name,
                icon.hex(),
                "<path transform=\"translate(14 14) scale(1.5)\" fill=\"#" + ink + "\" d=\"" + icon.path() + "\"/>");
    }

    /** Initials on a colour derived from the name, so that variants of one vendor look alike. */
    public static String monogram(String name) {
        String plain = name.replaceFirst("\\s*\\(.*", "").strip();
        String[] words = plain.split("[\\s./&-]+");
        StringBuilder initials = new StringBuilder();
        for (String word : words) {
            String letters = word.replaceAll("[^\\p{L}\\p{N}]", "");
            if (!letters.isEmpty() && initials.codePointCount(0, initials.length()) < 2) {
                initials.appendCodePoint(Character.toUpperCase(letters.codePointAt(0)));
            }
        }
        String text = initials.isEmpty() ? "?" : initials.toString();
        int hue = Math.floorMod(plain.split("\\s")[0].toLowerCase(Locale.ROOT).hashCode(), 360);
        int size = text.length() > 1 ? 26 : 34;
        return tile(
                name,
                background(hue),
                "<text x=\"32\" y=\"" + (32 + size * 36 / 100) + "\" font-family=\"system-ui,sans-serif\" font-size=\""
                        + size + "\" font-weight=\"600\" text-anchor=\"middle\" fill=\"#fff\">" + text + "</text>");
    }

    private static String tile(String name, String hex, String content) {
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\" role=\"img\"><title>" + escaped(name)
                + "</title><rect x=\".5\" y=\".5\" width=\"63\" height=\"63\" rx=\"14\" fill=\"#" + hex
                + "\" stroke=\"#808080\" stroke-opacity=\".4\"/>" + content + "</svg>";
    }

    /** As light as white letters on it stay legible. */
    private static String background(int hue) {
        for (int lightness = 44; lightness > 0; lightness -= 2) {
            String hex = hex(hue, 0.55, lightness / 100.0);
            if (contrast(hex, "ffffff") >= LEGIBLE) {
                return hex;
            }
        }
        return "000000";
    }

    private static String hex(int hue, double saturation, double lightness) {
        double reach = saturation * Math.min(lightness, 1 - lightness);
        StringBuilder text = new StringBuilder();
        for (int channel : new int[] {0, 8, 4}) {
            double k = (channel + hue / 30.0) % 12;
            double value = lightness - reach * Math.max(-1, Math.min(Math.min(k - 3, 9 - k), 1));
            text.append(String.format(Locale.ROOT, "%02x", Math.round(value * 255)));
        }
        return text.toString();
    }

    /** WCAG 2.2: from 1 to 21. */
    static double contrast(String one, String other) {
        double first = luminance(one);
        double second = luminance(other);
        return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
    }

    private static double luminance(String hex) {
        double[] weights = {0.2126, 0.7152, 0.0722};
        double sum = 0;
        for (int i = 0; i < 3; i++) {
            double value = Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16) / 255.0;
            sum += weights[i] * (value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4));
        }
        return sum;
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
