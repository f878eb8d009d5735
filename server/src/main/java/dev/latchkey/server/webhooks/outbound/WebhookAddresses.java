package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.EgressException;
import java.net.URI;
import java.util.Optional;

/** Whether events could be sent to a URL, checked on input by the guard that checks each delivery. Thread-safe. */
public final class WebhookAddresses {
    private static final int LONGEST = 2_000;

    private final AddressGuard guard;

    public WebhookAddresses(AddressGuard guard) {
        this.guard = guard;
    }

    /** The verdict on a URL. */
    public sealed interface Verdict {
        record Good() implements Verdict {}

        /** Its host is unknown now: nothing would arrive, but it may be known later. */
        record Unknown(String warning) implements Verdict {}

        /** Nothing can ever be sent to it. */
        record Refused(String reason) implements Verdict {}
    }

    /** An absolute web address, without user info and fragment, of at most 2,000 characters. */
    public static boolean isAddress(String text) {
        try {
            URI uri = URI.create(text);
            return text.length() <= LONGEST
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawFragment() == null
                    && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    public Verdict judge(String text) {
        if (!isAddress(text)) {
            return new Verdict.Refused(
                    "must be an http or https address without user info and fragment, of at most 2,000 characters");
        }
        URI uri = URI.create(text);
        Optional<String> reason = guard.refusal(uri);
        if (reason.isPresent()) {
            return refused(reason.get());
        }
        try {
            guard.reach(uri);
            return new Verdict.Good();
        } catch (EgressException e) {
            String words = String.valueOf(e.getMessage());
            return e.kind() == EgressException.Kind.FORBIDDEN
                    ? refused(words)
                    : new Verdict.Unknown("Webhooks cannot be delivered now: " + words + ".");
        }
    }

    private static Verdict refused(String reason) {
        return new Verdict.Refused("cannot receive webhooks: " + reason);
    }

    /** Why a URL is refused; empty if it is valid, or not known yet. */
    public Optional<String> refusal(String text) {
        return judge(text) instanceof Verdict.Refused refused ? Optional.of(refused.reason()) : Optional.empty();
    }
}
