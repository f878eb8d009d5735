package dev.latchkey.server.connectui;

import java.util.List;
import java.util.Optional;

/** The screens of the Connect UI. */
public sealed interface Screen {
    /** @param logo address */
    record Choice(String key, String name, String logo, String searched) {}

    record Picker(String title, String intro, List<Choice> choices) implements Screen {
        /** Few enough to see at a glance. */
        public boolean hasSearch() {
            return choices.size() > 6;
        }
    }

    /**
     * @param returns whether a page of the product's follows
     * @param byCode whether the user may type a code on another device instead
     * @param problem of the previous attempt, if this page was left for the provider's
     * @param reconnect present where a connection is authorized again
     */
    record Ask(
            String key,
            String provider,
            String logo,
            boolean returns,
            boolean byCode,
            ConnectForm form,
            Optional<String> help,
            Optional<Problem> problem,
            Optional<Reconnect> reconnect)
            implements Screen {
        public Optional<String> who() {
            return reconnect.flatMap(Reconnect::who);
        }

        public Optional<Trouble> trouble() {
            return reconnect.map(Reconnect::trouble);
        }
    }

    /**
     * @param who whose connection is authorized again, as named by the product
     * @param trouble what is wrong with it
     */
    record Reconnect(Optional<String> who, Trouble trouble) {}

    /** @param words what it means, @param said the message of the provider or the server */
    record Problem(String words, String said) {}

    /** @param bad it does not work; otherwise it does, and may be authorized again */
    record Trouble(String words, boolean bad) {}

    /**
     * @param missing scopes that were requested and not granted
     * @param next the product's page that follows
     */
    record Done(String provider, String logo, String title, String text, List<String> missing, Optional<String> next)
            implements Screen {}

    /** @param link for another device, @param path of its QR code, @param size in modules */
    record Device(String link, String path, int size, long seconds) implements Screen {}

    /**
     * A code to be entered at the provider's page, on any device (RFC 8628).
     *
     * @param key of the integration
     * @param page where it is entered, @param path of the QR code of it, @param size in modules
     */
    record Code(String key, String provider, String userCode, String page, String path, int size, long seconds)
            implements Screen {}

    /** For whom it is connected, before anything else. */
    record Confirm(UserConfirmation.Question question) implements Screen {}

    /** Nothing can be done here. */
    record Dead(String icon, String title, String text) implements Screen {}
}
