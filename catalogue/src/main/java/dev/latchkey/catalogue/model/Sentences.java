package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How the documentation of a definition words its calls, addresses and lifetimes, in Markdown. */
public final class Sentences {
    static final String CREATE = "Create the integration; there is nothing to register at the vendor's.";

    private Sentences() {}

    public static String request(Call call) {
        return "`" + call.method() + " "
                + call.url().alternatives().stream()
                        .map(Template::source)
                        .collect(Collectors.joining("` or `" + call.method() + " "))
                + "`";
    }

    public static String addresses(Text url) {
        return url.alternatives().stream()
                .map(template -> "`" + template.source() + "`")
                .collect(Collectors.joining(" or "));
    }

    public static String codes(List<String> names) {
        return names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
    }

    public static String codes(Map<String, Text> values) {
        return values.entrySet().stream()
                .map(entry -> "`" + entry.getKey() + "=" + source(entry.getValue()) + "`")
                .collect(Collectors.joining(", "));
    }

    public static String source(Text value) {
        return value.alternatives().stream().map(Template::source).collect(Collectors.joining("` or `"));
    }

    public static String lower(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    public static String duration(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds % 86_400 == 0) {
            return plural(seconds / 86_400, "day");
        }
        if (seconds % 3_600 == 0) {
            return plural(seconds / 3_600, "hour");
        }
        return seconds % 60 == 0 ? plural(seconds / 60, "minute") : plural(seconds, "second");
    }

    private static String plural(long count, String unit) {
        return count + " " + unit + (count == 1 ? "" : "s");
    }

    static String proof(Auth.Proof proof) {
        return "What the callback names is believed once " + request(proof.call())
                + ", with the user's own token, confirms it.";
    }

    static String clientAuth(ClientAuth auth) {
        return auth.words();
    }

    static List<String> shape(TokenShape shape) {
        List<String> notes = new ArrayList<>();
        if (!shape.access().equals(TokenShape.STANDARD.access())) {
            notes.add("The answer carries the token at "
                    + shape.access().stream()
                            .map(path -> "`" + path.text() + "`")
                            .collect(Collectors.joining(" or ")) + ".");
        }
        shape.root().ifPresent(root -> notes.add("The answer's members stand under `" + root.text() + "`."));
        shape.lifetime()
                .ttl()
                .ifPresent(ttl -> notes.add("It lives " + duration(ttl) + ", which the answer does not say."));
        if (shape.keepRefresh()) {
            notes.add("The first refresh token stays.");
        }
        return notes;
    }
}
