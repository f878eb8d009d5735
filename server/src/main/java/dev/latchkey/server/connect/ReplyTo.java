package dev.latchkey.server.connect;

import java.util.Optional;

/**
 * Where a flow's result is sent.
 *
 * @param webSocketId of the page that opened the popup
 * @param returnUrl where the browser goes afterwards, instead of a page that closes itself
 */
public record ReplyTo(Optional<String> webSocketId, Optional<String> returnUrl) {}
