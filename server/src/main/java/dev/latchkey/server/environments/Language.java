package dev.latchkey.server.environments;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The languages of the pages for end users. */
public enum Language {
    EN("English"),
    DE("Deutsch"),
    FR("Français"),
    ES("Español"),
    PT("Português"),
    IT("Italiano"),
    NL("Nederlands"),
    PL("Polski"),
    JA("日本語"),
    KO("한국어"),
    ZH("中文"),
    AR("العربية");

    /** Unicode's FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE, which are not seen. */
    private static final String ISOLATE = "\u2068";

    private static final String END_OF_ISOLATE = "\u2069";

    private final String ownName;

    Language(String ownName) {
        this.ownName = ownName;
    }

    /** As its speakers call it. */
    public String ownName() {
        return ownName;
    }

    /** As BCP 47 has it. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As HTML has it: {@code rtl} or {@code ltr}. */
    public String direction() {
        return isRightToLeft() ? "rtl" : "ltr";
    }

    private boolean isRightToLeft() {
        return this == AR;
    }

    /**
     * A name or an example of another script, as it stands in a sentence of this language: between right-to-left words, the brackets and
     * slashes of {@code Ada (ada@example.com)} would otherwise move to its other end.
     */
    public String isolated(String foreign) {
        return isRightToLeft() && !foreign.isEmpty() ? ISOLATE + foreign + END_OF_ISOLATE : foreign;
    }

    /** Between two sentences: the full stop of Chinese and Japanese is as wide as a character, and its own space. */
    public String gap() {
        return this == JA || this == ZH ? "" : " ";
    }

    public Locale locale() {
        return Locale.of(tag());
    }

    /** @param tag such as {@code de}, {@code de-AT} or {@code pt_BR} */
    public static Optional<Language> named(String tag) {
        String language = tag.strip().replaceFirst("[-_].*", "").toLowerCase(Locale.ROOT);
        return Stream.of(values()).filter(one -> one.tag().equals(language)).findFirst();
    }

    /** The browser's preferred language (RFC 9110 section 12.5.4); English if it accepts none of ours. */
    public static Language accepted(String acceptLanguage) {
        try {
            List<Locale.LanguageRange> liked = Locale.LanguageRange.parse(acceptLanguage);
            return liked.stream()
                    .filter(range -> range.getWeight() > 0)
                    .flatMap(range -> named(range.getRange()).stream())
                    .findFirst()
                    .orElse(EN);
        } catch (IllegalArgumentException e) {
            return EN;
        }
    }
}
