package dev.latchkey.server.ui;

import dev.latchkey.server.connect.FlowResult;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** The page at the end of a flow. What comes from outside is escaped; no script but ours runs; nothing leaks by Referer. */
public final class FlowPages {
    private FlowPages() {}

    /** Shows the result, or goes to the product's return URL. @param status of the page where the flow was refused */
    public static void show(FlowResult result, int status, ServerResponse response) {
        Pages.headers(response);
        if (result.returnUrl().isPresent()) {
            // 303: whatever the method was, the browser now asks with GET.
            response.status(Status.SEE_OTHER_303);
            response.header(
                    HeaderNames.LOCATION, returnAddress(result.returnUrl().get(), result));
            response.send();
            return;
        }
        switch (result) {
            case FlowResult.Connected connected ->
                send(
                        response,
                        200,
                        "Connected",
                        connected.pending()
                                ? "Your request waits for approval at " + connected.provider() + "."
                                : "Your " + connected.provider() + " account is connected. This window closes itself.",
                        "good");
            case FlowResult.Refused refused ->
                send(response, status, "That did not work", refused.message() + " You can close this window.", "bad");
        }
    }

    /** After a change that the user made at the provider. */
    public static void updated(ServerResponse response) {
        Pages.headers(response);
        send(response, 200, "Updated", "The installation was changed. You can close this window.", "good");
    }

    private static void send(ServerResponse response, int status, String title, String text, String tone) {
        response.status(status);
        response.send("""
                <!doctype html>
                <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="referrer" content="no-referrer"><title>%s</title>
                <link rel="icon" href="/web/key.svg"><link rel="stylesheet" href="/web/latchkey.css">%s</head>
                <body><div class="dialog"><main class="card"><h1>%s</h1><p class="note %s" role="status">%s</p></main></div></body></html>
                """.formatted(
                        Pages.escape(title),
                        tone.equals("good") ? "<script type=\"module\" src=\"/web/close.js\"></script>" : "",
                        Pages.escape(title),
                        tone,
                        Pages.escape(text)));
    }

    private static String returnAddress(String url, FlowResult result) {
        String query = switch (result) {
            case FlowResult.Connected connected ->
                "provider_config_key=" + encode(connected.integrationKey()) + "&connection_id="
                        + encode(connected.connectionName());
            case FlowResult.Refused refused ->
                "provider_config_key=" + encode(refused.integrationKey()) + "&error=" + encode(refused.code())
                        + "&error_description=" + encode(refused.message());
        };
        return url + (url.contains("?") ? "&" : "?") + query;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
