package dev.latchkey.server.environments;

import java.util.Map;
import java.util.Optional;

/**
 * How the pages look that an environment's end users see. Immutable.
 *
 * @param productName who asks for the connection; absent: no name is shown
 * @param theme unless a page is requested with another
 * @param lightColor, darkColor of buttons and links on a light and a dark background
 * @param watermark whether the pages say that Latchkey made them
 * @param texts instead of our own, by language ({@code de}) or {@link #ANY_LANGUAGE}
 * @param logos the addresses' last step, by scheme
 */
public record Branding(
        Optional<String> productName,
        Theme theme,
        Color lightColor,
        Color darkColor,
        boolean watermark,
        Map<String, Texts> texts,
        Map<Scheme, LogoFile> logos) {

    public static final int LONGEST_NAME = 60;
    public static final int LONGEST_TEXT = 300;
    public static final String ANY_LANGUAGE = "default";

    public static final Branding OURS = new Branding(
            Optional.empty(), Theme.SYSTEM, new Color(0x3046C8), new Color(0x98A7FF), true, Map.of(), Map.of());

    public enum Theme {
        LIGHT,
        DARK,
        SYSTEM
    }

    /** The background that a logo is made for. */
    public enum Scheme {
        LIGHT,
        DARK
    }

    /** @param title, intro above the choice of what to connect; @param done when it is connected */
    public record Texts(Optional<String> title, Optional<String> intro, Optional<String> done) {
        public static final Texts NONE = new Texts(Optional.empty(), Optional.empty(), Optional.empty());

        public boolean isEmpty() {
            return title.isEmpty() && intro.isEmpty() && done.isEmpty();
        }
    }

    /** @param name of the file: the hash of its content, and what it is */
    public record LogoFile(String name) {}

    Branding withLogos(Map<Scheme, LogoFile> changed) {
        return new Branding(productName, theme, lightColor, darkColor, watermark, texts, Map.copyOf(changed));
    }

    /** The product's text if it has one, for this language or for any. */
    public Texts texts(String language) {
        Texts own = texts.getOrDefault(language, Texts.NONE);
        Texts any = texts.getOrDefault(ANY_LANGUAGE, Texts.NONE);
        return new Texts(
                own.title().or(any::title),
                own.intro().or(any::intro),
                own.done().or(any::done));
    }

    /** For a background: the logo made for it, otherwise the other. */
    public Optional<LogoFile> logo(Scheme scheme) {
        return Optional.ofNullable(logos.get(scheme))
                .or(() -> logos.values().stream().findFirst());
    }
}
