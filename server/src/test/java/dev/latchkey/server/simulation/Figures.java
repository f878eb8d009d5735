package dev.latchkey.server.simulation;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What all schedules together did, and how often each promise was broken. Thread-safe. */
final class Figures {
    enum Figure {
        SCHEDULES,
        CONNECTIONS,
        /** Families that their vendor or their user has ended: it is right to ask such users. */
        ENDED,
        /** Credentials that a vendor gave out: the first of each family, and one for each refresh that it granted. */
        ISSUED,
        /** Of these, what arrived whole at a node that lived on, or was seen in the database or by a reader. */
        RECEIVED,
        /** Was on its way to a node when that was killed: both outcomes are right. */
        IN_DOUBT,
        /** The answer was lost on the way. */
        NEVER_ARRIVED,
        /** As the connections' rows count them. */
        STORED,
        READS,
        HANDED_OUT,
        WEBHOOKS,
        LOST,
        USED_TWICE,
        FALSE_RECONNECTS,
        NOT_REPORTED_ONCE,
        LATE_READS,
        WRONG_READS,
        WEBHOOKS_LOST
    }

    private final Map<Figure, LongAdder> counts = new EnumMap<>(Figure.class);

    Figures() {
        for (Figure figure : Figure.values()) {
            counts.put(figure, new LongAdder());
        }
    }

    void add(Figure figure, long more) {
        of(figure).add(more);
    }

    private LongAdder of(Figure figure) {
        return counts.getOrDefault(figure, new LongAdder());
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                """
                %,d schedules held, of %,d connections, %,d of whose grants ended at the vendor
                credentials: %,d issued (%,d received, %,d in doubt with a killed node, %,d never arrived), %,d stored, %,d lost
                refresh tokens used twice: %,d; refreshes not reported once: %,d; false reconnects: %,d
                reads: %,d, %,d of them answered with a credential; late: %,d, wrong: %,d
                webhooks: %,d expected, %,d lost""",
                of(Figure.SCHEDULES).sum(),
                of(Figure.CONNECTIONS).sum(),
                of(Figure.ENDED).sum(),
                of(Figure.ISSUED).sum(),
                of(Figure.RECEIVED).sum(),
                of(Figure.IN_DOUBT).sum(),
                of(Figure.NEVER_ARRIVED).sum(),
                of(Figure.STORED).sum(),
                of(Figure.LOST).sum(),
                of(Figure.USED_TWICE).sum(),
                of(Figure.NOT_REPORTED_ONCE).sum(),
                of(Figure.FALSE_RECONNECTS).sum(),
                of(Figure.READS).sum(),
                of(Figure.HANDED_OUT).sum(),
                of(Figure.LATE_READS).sum(),
                of(Figure.WRONG_READS).sum(),
                of(Figure.WEBHOOKS).sum(),
                of(Figure.WEBHOOKS_LOST).sum());
    }
}
