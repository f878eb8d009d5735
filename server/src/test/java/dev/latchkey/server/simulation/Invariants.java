package dev.latchkey.server.simulation;

import dev.latchkey.server.simulation.Figures.Figure;
import dev.latchkey.server.simulation.Ledger.Grant;
import dev.latchkey.server.simulation.Ledger.Receipt;
import dev.latchkey.server.simulation.Ledger.Token;
import dev.latchkey.server.simulation.Store.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What must hold of a connection, whatever happened. Each check says what is wrong, or nothing. */
final class Invariants {
    /** As long as the product hands out what it has renewed just now, and a moment. */
    private static final Duration JUST_ISSUED = Duration.ofSeconds(7);

    private final Ledger ledger;

    Invariants(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Every credential that was answered is stored, or superseded. */
    Optional<String> nothingReceivedIsLost(Subject subject, Row row) {
        List<String> allowed = new ArrayList<>();
        for (Token first : subject.current()) {
            List<Token> possible = new ArrayList<>(List.of(first));
            for (Grant grant : ledger.of(first.family())) {
                switch (ledger.receipt(grant)) {
                    case ANSWERED, KEPT -> {
                        possible.clear();
                        possible.add(grant.issued);
                    }
                    case IN_DOUBT -> possible.add(grant.issued);
                    case HELD, LOST -> {}
                }
            }
            if (possible.contains(row.refreshToken())) {
                return Optional.empty();
            }
            possible.forEach(token -> allowed.add(token.id()));
        }
        return Optional.of("stored is " + row.refreshToken().id() + " of family "
                + row.refreshToken().family() + ", but it should be " + String.join(" or ", allowed));
    }

    /** No refresh token is used twice while its answer was received. */
    Optional<String> noTokenIsUsedTwice(Subject subject) {
        for (Subject.Import one : subject.imports()) {
            Map<Token, Grant> used = new HashMap<>();
            for (Grant grant : ledger.of(one.first().family())) {
                Grant before = used.put(grant.presented, grant);
                if (before != null && wasReceived(before)) {
                    return Optional.of(grant.presented.id() + " was used again, although it was answered: " + before
                            + ", then " + grant);
                }
            }
            Optional<Token> refused = ledger.refused(one.first().family());
            Optional<Grant> answered = refused.map(used::get).filter(this::wasReceived);
            if (answered.isPresent()) {
                return Optional.of(refused.get().id() + " was used again, although it was answered: " + answered.get());
            }
        }
        return Optional.empty();
    }

    private boolean wasReceived(Grant grant) {
        Receipt receipt = ledger.receipt(grant);
        return receipt == Receipt.ANSWERED || receipt == Receipt.KEPT;
    }

    /** No healthy connection is marked as needing authorization. */
    Optional<String> noHealthyConnectionNeedsAuthorization(Subject subject, Row row) {
        boolean marked = row.count("needs_authorization") > 0
                || row.failure().filter("rejected"::equals).isPresent();
        boolean ended = subject.imports().stream()
                .anyMatch(one -> ledger.hasEnded(one.first().family()));
        return marked && !ended
                ? Optional.of("it is marked as needing authorization, and its vendor has refused nothing")
                : Optional.empty();
    }

    /** Every change of the credentials is in the timeline once, and so is every refresh that was received. */
    Optional<String> everyRefreshIsReportedOnce(Subject subject, Row row) {
        // A token that was over when it arrived is stored all the same, and its attempt has failed.
        int refreshes = row.count("refreshed") + row.count("recovered") + row.count("refreshed_and_over");
        long changes = row.count("created") + (long) row.count("overridden") + refreshes;
        if (changes != row.version()) {
            return Optional.of("its credentials changed " + row.version() + " times, and " + changes
                    + " changes were reported: " + row.events());
        }
        List<Receipt> receipts = subject.imports().stream()
                .flatMap(one -> ledger.of(one.first().family()).stream())
                .map(ledger::receipt)
                .toList();
        long sure = receipts.stream()
                .filter(receipt -> receipt == Receipt.ANSWERED || receipt == Receipt.KEPT)
                .count();
        long most = sure + receipts.stream().filter(Receipt.IN_DOUBT::equals).count();
        // A refresh that came to its end after the user had connected again is superseded, and not reported.
        long least = subject.imports().size() == 1 ? sure : 0;
        return refreshes < least || refreshes > most
                ? Optional.of(refreshes + " refreshes were reported, of " + sure + " that were answered and "
                        + (most - sure) + " in doubt")
                : Optional.empty();
    }

    /**
     * Whether a reader got a token that was over when he asked for it.
     *
     * @param tolerance for clocks that differ
     */
    boolean isLate(String accessToken, Instant asked, Duration tolerance) {
        // What its vendor has just issued with hardly any life is handed out: nothing better can be had.
        boolean justIssued = ledger.answeredAt(accessToken)
                .filter(at -> asked.isBefore(at.plus(JUST_ISSUED)))
                .isPresent();
        return !justIssued
                && ledger.endOf(accessToken)
                        .filter(end -> end.plus(tolerance).isBefore(asked))
                        .isPresent();
    }

    void count(Subject subject, Row row, Figures figures) {
        figures.add(Figure.CONNECTIONS, 1);
        figures.add(Figure.STORED, row.version());
        for (Subject.Import one : subject.imports()) {
            figures.add(Figure.ISSUED, 1);
            figures.add(one.certain() ? Figure.RECEIVED : Figure.IN_DOUBT, 1);
            figures.add(Figure.ENDED, ledger.hasEnded(one.first().family()) ? 1 : 0);
            for (Grant grant : ledger.of(one.first().family())) {
                figures.add(Figure.ISSUED, 1);
                figures.add(
                        switch (ledger.receipt(grant)) {
                            case ANSWERED, KEPT -> Figure.RECEIVED;
                            case IN_DOUBT -> Figure.IN_DOUBT;
                            case HELD, LOST -> Figure.NEVER_ARRIVED;
                        },
                        1);
            }
        }
    }
}
