package dev.latchkey.server.dashboard;

import java.util.Optional;

/**
 * The call of the public API that does the same as a page.
 *
 * @param title what it does, as the page's own button says it
 * @param body JSON; absent for a call without one
 * @param node the same with Nango's own client, if it can
 */
public record ApiExample(String title, String method, String url, Optional<String> body, Optional<String> node) {
    public static ApiExample of(String title, String method, String url) {
        return new ApiExample(title, method, url, Optional.empty(), Optional.empty());
    }

    ApiExample with(String json) {
        return new ApiExample(title, method, url, Optional.of(json), node);
    }

    /** @param call on a client named {@code nango} */
    ApiExample node(String call) {
        return new ApiExample(title, method, url, body, Optional.of(call));
    }

    public String curl() {
        StringBuilder text = new StringBuilder("curl ");
        if (!method.equals("GET")) {
            text.append("-X ").append(method).append(' ');
        }
        text.append('"').append(url).append("\" \\\n  -H \"Authorization: Bearer $NANGO_SECRET_KEY\"");
        body.ifPresent(json -> text.append(" \\\n  -H \"Content-Type: application/json\" \\\n  -d '")
                .append(json.replace("'", "'\\''"))
                .append('\''));
        return text.toString();
    }

    /** A whole script, ready to run. */
    public String script() {
        return node.map(call ->
                        "import { Nango } from \"@nangohq/node\";\n\nconst nango = new Nango({ host: process.env.NANGO_HOST, "
                                + "secretKey: process.env.NANGO_SECRET_KEY });\n" + call)
                .orElse("");
    }
}
