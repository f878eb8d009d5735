package dev.latchkey.lab;

import java.net.URI;

/** The frame of the lab's pages: no script and no inline style, so that the strictest Content-Security-Policy holds. */
final class Page {
    private final String style;

    /** @param base the address that browsers see */
    Page(URI base) {
        this.style = base.getRawPath() + "/lab/assets/lab.css";
    }

    /** @param content HTML, escaped already; title and banner are text */
    String html(String title, String banner, String content) {
        return """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>%s</title>
                <link rel="stylesheet" href="%s">
                </head>
                <body>
                <p class="banner">%s</p>
                <main>
                %s</main>
                </body>
                </html>
                """.formatted(escape(title), escape(style), escape(banner), content);
    }

    /** Text escaped for HTML, also for quoted attributes. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(c);
            }
        });
        return escaped.toString();
    }
}
