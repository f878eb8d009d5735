package dev.latchkey.server.proxy;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/** Credentials that a vendor takes as members of the body, in addition to the caller's own. */
final class BodyProof {
    private BodyProof() {}

    /**
     * @param headers say whether it is a form; otherwise it must be JSON
     * @throws IllegalArgumentException when members cannot be added to such a body
     */
    static byte[] added(RequestBody body, Map<String, String> headers, Map<String, String> proof) throws IOException {
        byte[] bytes = body.whole()
                .orElseThrow(() -> new IllegalArgumentException(
                        "this provider takes its credential in the body, which may then have at most 10 MiB"));
        String type = headers.computeIfAbsent("content-type", name -> "application/json");
        if (type.startsWith("application/x-www-form-urlencoded")) {
            StringBuilder form = new StringBuilder(new String(bytes, StandardCharsets.UTF_8));
            proof.forEach((name, value) -> form.append(form.isEmpty() ? "" : "&")
                    .append(PercentEncoding.form(name))
                    .append('=')
                    .append(PercentEncoding.form(value)));
            return form.toString().getBytes(StandardCharsets.UTF_8);
        }
        try {
            if (bytes.length == 0 || Json.MAPPER.readTree(bytes) instanceof ObjectNode) {
                ObjectNode object =
                        bytes.length == 0 ? Json.MAPPER.createObjectNode() : (ObjectNode) Json.MAPPER.readTree(bytes);
                proof.forEach(object::put);
                return Json.MAPPER.writeValueAsBytes(object);
            }
        } catch (JacksonException e) {
            // Reported below, without the body's text.
            throw unfit();
        }
        throw unfit();
    }

    private static IllegalArgumentException unfit() {
        return new IllegalArgumentException(
                "this provider takes its credential in the body, which must be a form or a JSON object");
    }
}
