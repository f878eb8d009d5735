package dev.latchkey.server.pages;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** Tabler's icons, drawn inline so that they take the colour of the text beside them. Which ones ship is listed in the pom. */
public final class Icons {
    /** They point where the text goes, and are mirrored where it goes from right to left. */
    private static final Pattern POINTING =
            Pattern.compile("^(arrow|chevron|caret)-(left|right)|^external-link|^log(out|in)");

    private static final Map<String, String> DRAWN = new ConcurrentHashMap<>();

    private Icons() {}

    /** @throws IllegalStateException when the pom does not list it */
    public static String svg(String name) {
        return DRAWN.computeIfAbsent(name, Icons::read);
    }

    private static String read(String name) {
        String file = new String(StaticFiles.read("vendor/" + name + ".svg"), StandardCharsets.UTF_8);
        String drawing =
                file.substring(file.indexOf('>', file.indexOf("<svg")) + 1).replaceAll("\\s*\\n\\s*", "");
        String kind = POINTING.matcher(name).find() ? "icon points" : "icon";
        return "<svg class=\"" + kind
                + "\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.75\""
                + " stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\">" + drawing;
    }
}
