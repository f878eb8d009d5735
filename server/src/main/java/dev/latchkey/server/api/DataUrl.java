package dev.latchkey.server.api;

import dev.latchkey.server.environments.Logo;
import java.util.Base64;
import java.util.Optional;

/** A picture in a request's JSON: {@code data:image/png;base64,...}. */
final class DataUrl {
    /** For messages. */
    static final String RULE = "must be a data URL (data:image/png;base64,...) of a PNG, JPEG, WebP or SVG of at most "
            + Logo.MAX_BYTES / 1024 + " KiB";

    private DataUrl() {}

    /** Empty if it is none, too large, or not what browsers show. */
    static Optional<Logo> logo(String dataUrl) {
        int comma = dataUrl.indexOf(',');
        if (!dataUrl.startsWith("data:image/")
                || comma < 0
                || !dataUrl.substring(0, comma).endsWith(";base64")) {
            return Optional.empty();
        }
        try {
            return Logo.of(Base64.getMimeDecoder().decode(dataUrl.substring(comma + 1)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
