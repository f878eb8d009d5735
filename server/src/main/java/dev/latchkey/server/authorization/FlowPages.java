package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connect.FlowResult;
import dev.latchkey.server.connectui.Phrases;
import dev.latchkey.server.environments.Language;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.pages.templates.StaticTemplates;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;

/** The page at the end of a flow. What comes from outside is escaped; no script but ours runs; nothing leaks by Referer. */
public final class FlowPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private FlowPages() {}

    /**
     * Shows the result, or redirects to the product's return URL.
     *
     * @param status of the page where the flow was refused
     * @param ownPage the return URL is our own, which reveals nothing
     */
    public static void show(
            FlowResult result, int status, boolean ownPage, Language language, ServerResponse response) {
        Pages.headers(response);
        if (result.returnUrl().isPresent()) {
            String url = result.returnUrl().get();
            // 303: whatever the method was, the browser now sends GET.
            response.status(Status.SEE_OTHER_303);
            response.header(HeaderNames.LOCATION, ownPage ? url : returnAddress(url, result));
            response.send();
            return;
        }
        Phrases phrases = Phrases.of(language);
        switch (result) {
            case FlowResult.Connected connected -> {
                String kind = connected.pending() ? "done.pending" : "popup";
                response.send(TEMPLATES
                        .connectFlowEnd(
                                phrases,
                                phrases.say(connected.pending() ? "done.pending.title" : "popup.connected"),
                                phrases.say(kind + ".text", "provider", connected.provider()),
                                "",
                                true,
                                true)
                        .render());
            }
            case FlowResult.Refused refused -> {
                response.status(status);
                response.send(TEMPLATES
                        .connectFlowEnd(
                                phrases,
                                phrases.say("popup.refused"),
                                phrases.refusal(refused.code(), refused.provider()),
                                refused.message(),
                                false,
                                false)
                        .render());
            }
        }
    }

    /** After a change that the user made at the provider. */
    public static void updated(Language language, ServerResponse response) {
        Pages.headers(response);
        Phrases phrases = Phrases.of(language);
        response.send(TEMPLATES
                .connectFlowEnd(
                        phrases, phrases.say("popup.updated"), phrases.say("popup.updated.text"), "", true, false)
                .render());
    }

    /** Another request of the same browser finishes the flow: the page reloads itself. */
    public static void underWay(Language language, ServerResponse response) {
        Pages.headers(response);
        Pages.ofPopup(response);
        response.header(HeaderNames.create("Refresh"), "1");
        Phrases phrases = Phrases.of(language);
        response.send(TEMPLATES
                .connectFlowEnd(
                        phrases, phrases.say("popup.underway"), phrases.say("popup.underway.text"), "", true, false)
                .render());
    }

    /** The response to HEAD in place of a page that would consume something. */
    public static void head(ServerResponse response) {
        Pages.headers(response);
        response.send();
    }

    private static String returnAddress(String url, FlowResult result) {
        String query = switch (result) {
            case FlowResult.Connected connected ->
                "provider_config_key=" + PercentEncoding.encode(connected.integrationKey()) + "&connection_id="
                        + PercentEncoding.encode(connected.connectionName());
            case FlowResult.Refused refused ->
                "provider_config_key=" + PercentEncoding.encode(refused.integrationKey()) + "&error="
                        + PercentEncoding.encode(refused.code()) + "&error_description="
                        + PercentEncoding.encode(refused.message());
        };
        return url + (url.contains("?") ? "&" : "?") + query;
    }
}
