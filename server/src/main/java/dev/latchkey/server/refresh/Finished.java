package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.refresh.journal.TokenJournal;
import dev.latchkey.server.refresh.leases.Claim;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The result of a refresh, to be written; the lease is released in each case. Received credentials are stored even if the lease has
 * expired; everything else counts only while the lease is held.
 */
public sealed interface Finished {
    /** As it was claimed: only that version may be changed. */
    Connection before();

    /** The version of its claim; none for a journal's entry. */
    Optional<Claim> lease();

    /** As it is then. */
    Connection after();

    /**
     * @param learned for the connection's config
     * @param receipts of the journal, if the received credentials must not be lost
     */
    record Renewed(
            Optional<Claim> lease,
            Connection before,
            Connection after,
            Map<String, String> learned,
            List<TokenJournal.Receipt> receipts)
            implements Finished {
        static final String UNFINISHED = "a further step of the provider's definition (then) failed after the refresh"
                + " token was used, or the token was over when it arrived";
    }

    /** What only the claim's holder may write. */
    sealed interface Claimed extends Finished {
        Claim claim();

        @Override
        default Connection before() {
            return claim().connection();
        }

        @Override
        default Optional<Claim> lease() {
            return Optional.of(claim());
        }
    }

    /** @param reason the vendor's, for people */
    record Failed(Claim claim, Connection after, String reason) implements Claimed {
        /** A transient failure that lasts this long is reported again each time: an operator should then look at it. */
        private static final List<Duration> LASTING =
                List.of(Duration.ofHours(1), Duration.ofDays(1), Duration.ofDays(7));

        Failure failure() {
            return after.failure().orElseThrow();
        }

        /** The user was prompted to authorize again before this attempt. */
        boolean isRejectedAgain() {
            return failure().kind() == Failure.Kind.REJECTED
                    && before().failure().map(Failure::kind).equals(Optional.of(Failure.Kind.REJECTED));
        }

        /** Whether the failure has lasted for one of the times after which it is reported again, and had not at the attempt before. */
        boolean hasLasted() {
            return LASTING.stream()
                    .map(failure().since()::plus)
                    .anyMatch(mark -> !mark.isAfter(after.times().updatedAt())
                            && mark.isAfter(before().times().updatedAt()));
        }
    }

    /** The connection is not marked; the refresh is retried later. */
    record PutOff(Claim claim, Connection after) implements Claimed {}
}
