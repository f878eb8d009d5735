package dev.latchkey.server.environments;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A picture that an operator gave us, recognized by its first bytes and not by what it claims to be. */
public record Logo(Type type, byte[] content) {
    public static final int MAX_BYTES = 256 * 1024;

    public enum Type {
        PNG("image/png", "png"),
        JPEG("image/jpeg", "jpg"),
        WEBP("image/webp", "webp"),
        SVG("image/svg+xml", "svg");

        private final String mediaType;
        private final String ending;

        Type(String mediaType, String ending) {
            this.mediaType = mediaType;
            this.ending = ending;
        }

        public String mediaType() {
            return mediaType;
        }

        public String ending() {
            return ending;
        }
    }

    /** Empty if it is too large, or not of a type that browsers show. */
    public static Optional<Logo> of(byte[] content) {
        return content.length > MAX_BYTES ? Optional.empty() : type(content).map(type -> new Logo(type, content));
    }

    private static Optional<Type> type(byte[] content) {
        String start = new String(content, 0, Math.min(content.length, 1024), StandardCharsets.ISO_8859_1);
        if (start.startsWith("\u0089PNG\r\n")) {
            return Optional.of(Type.PNG);
        }
        if (start.startsWith("\u00ff\u00d8\u00ff")) {
            return Optional.of(Type.JPEG);
        }
        if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) {
            return Optional.of(Type.WEBP);
        }
        return start.stripLeading().startsWith("<") && start.contains("<svg")
                ? Optional.of(Type.SVG)
                : Optional.empty();
    }
}
