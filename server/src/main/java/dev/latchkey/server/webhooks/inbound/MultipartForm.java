package dev.latchkey.server.webhooks.inbound;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text fields of a form in {@code multipart/form-data} (RFC 7578); files are left out. In linear time, whatever is sent. */
final class MultipartForm {
    private static final int MOST_PARTS = 100;
    private static final Pattern BOUNDARY =
            Pattern.compile("(?i);\\s*boundary=(?:\"([^\"\r\n]{1,70})\"|([^;\\s\"]{1,70}))");
    private static final Pattern NAME = Pattern.compile("(?i);\\s*name=\"([^\"\r\n]{1,200})\"");

    private MultipartForm() {}

    /** By name; of several with the same the first. */
    static Map<String, String> fields(String contentType, byte[] raw) {
        Map<String, String> fields = new LinkedHashMap<>();
        Matcher boundary = BOUNDARY.matcher(contentType);
        if (!boundary.find()) {
            return fields;
        }
        // Bytes as characters: a file among the parts need not be text.
        String text = "\r\n" + new String(raw, StandardCharsets.ISO_8859_1);
        String line = "\r\n--" + (boundary.group(1) == null ? boundary.group(2) : boundary.group(1));
        int at = text.indexOf(line);
        for (int parts = 0; at >= 0 && parts < MOST_PARTS; parts++) {
            int start = at + line.length();
            int end = text.indexOf(line, start);
            if (end < 0) {
                break;
            }
            part(text.substring(start, end), fields);
            at = end;
        }
        return fields;
    }

    private static void part(String part, Map<String, String> fields) {
        int head = part.indexOf("\r\n\r\n");
        if (head < 0) {
            return;
        }
        for (String header : part.substring(0, head).split("\r\n")) {
            if (header.regionMatches(true, 0, "Content-Disposition:", 0, "Content-Disposition:".length())
                    && !header.contains("filename=")) {
                Matcher name = NAME.matcher(header);
                if (name.find()) {
                    fields.putIfAbsent(utf8(name.group(1)), utf8(part.substring(head + 4)));
                }
            }
        }
    }

    private static String utf8(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
