package dev.latchkey.server.simulation;

import dev.latchkey.server.storage.RestartablePostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * What happens in one run, and when: made from a seed alone, so that the seed repeats it.
 *
 * @param events in the order of their times
 */
record Schedule(long seed, List<Start> connections, List<Event> events) {
    static final int NODES = 3;
    private static final int LENGTH_MILLIS = 400;

    /** @param fates of the first requests for this connection; those after them are answered */
    record Start(String vendor, Duration expiresIn, List<Fate> fates) {}

    /** @param at from the beginning */
    record Event(Duration at, Step step) {}

    /** What is done to the nodes and to what they depend on. Nodes are numbered from 1, connections from 0. */
    sealed interface Step {
        record Read(int connection, int node, boolean force) implements Step {}

        /** Many at once, spread over all nodes. */
        record Crowd(int connection, int readers, boolean force) implements Step {}

        /** The user has connected again: other tokens under the same name. */
        record Override(int connection, int node) implements Step {}

        /** The user ends the grant at the vendor. */
        record Revoke(int connection) implements Step {}

        /** Kill -9, and a new process after a while. */
        record Kill(int node, Duration down) implements Step {}

        /**
         * The node loses its database while it asks the vendor, answers its reader all the same, and is killed then: what it has
         * received is in its journal alone.
         */
        record KillWithoutDatabase(int connection, int node, Duration down) implements Step {}

        record Pause(int node, Duration duration) implements Step {}

        record ClockJump(int node, Duration offset) implements Step {}

        record CutDatabase(int node) implements Step {}

        /** For all nodes. */
        record DatabaseAway(Duration duration) implements Step {}

        /** A commit happens; the node gets no confirmation. */
        record LoseCommit(int node) implements Step {}

        record RestartDatabase(RestartablePostgres.Mode mode) implements Step {}

        /**
         * A session locks the table of connections, as DDL and VACUUM FULL do, for longer than any lease lasts: in a second or two, in
         * which the leases of those who live are made as old as they would be.
         */
        record LockTable(String mode, Duration duration) implements Step {}

        /** PostgreSQL stalls, as a paused machine does, and the leases expire in the meantime. */
        record StopDatabase(Duration duration) implements Step {}

        record DatabaseReadOnly(Duration duration) implements Step {}

        /** A standby takes over that lacks what was confirmed last. */
        record FailOver(Duration lag) implements Step {}
    }

    /** The kinds of trouble that a schedule mixes, each with its weight: what is slow to restore is rarer. */
    private enum Trouble {
        VENDOR(20),
        CROWDS(12),
        OVERRIDES(8),
        REVOCATION(4),
        KILL(6),
        JOURNAL(4),
        PAUSE(10),
        CLOCK(8),
        CUTS(8),
        AWAY(6),
        COMMITS(8),
        RESTART(2),
        LOCK(2),
        STOP(2),
        READ_ONLY(2),
        FAIL_OVER(1);

        private final int weight;

        Trouble(int weight) {
            this.weight = weight;
        }
    }

    static Schedule of(long seed) {
        return new Generator(new SplittableRandom(seed)).schedule(seed);
    }

    /** What is slow in it. */
    String slow() {
        return events.stream()
                .map(event -> event.step().getClass().getSimpleName())
                .filter(name -> !name.equals("Read"))
                .distinct()
                .toList()
                .toString();
    }

    boolean has(Class<? extends Step> kind) {
        return events.stream().anyMatch(event -> kind.isInstance(event.step()));
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("schedule of seed " + seed + "\n");
        for (int i = 0; i < connections.size(); i++) {
            text.append("  connection ")
                    .append(i)
                    .append(": ")
                    .append(connections.get(i))
                    .append('\n');
        }
        events.forEach(event -> text.append("  after ")
                .append(event.at().toMillis())
                .append(" ms: ")
                .append(event.step())
                .append('\n'));
        return text.toString();
    }

    private record Generator(SplittableRandom random) {
        Schedule schedule(long seed) {
            List<Trouble> troubles = new ArrayList<>();
            int kinds = 1 + random.nextInt(3);
            while (troubles.size() < kinds) {
                Trouble one = trouble();
                if (!troubles.contains(one) && troubles.stream().allMatch(other -> go(one, other))) {
                    troubles.add(one);
                }
            }
            int size = 3 + random.nextInt(4);
            List<Start> connections = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                connections.add(start(troubles.contains(Trouble.VENDOR)));
            }
            List<Event> events = new ArrayList<>();
            // A reader always asks, so that requests are under way when the trouble comes.
            for (int i = 0; i < size; i++) {
                add(events, 2 + random.nextInt(3), () -> read(size));
            }
            troubles.forEach(trouble -> trouble(events, trouble, size));
            events.sort(Comparator.comparing(Event::at));
            return new Schedule(seed, List.copyOf(connections), List.copyOf(events));
        }

        /**
         * Whether two troubles are within the promise together. A failover loses what was confirmed last: what a user has connected
         * then is lost with it, and so is what a killed node had written, whose journal has settled it (docs/decisions/014). And
         * a stalled one cannot be restarted.
         */
        private static boolean go(Trouble one, Trouble other) {
            List<Trouble> both = List.of(one, other);
            if (both.contains(Trouble.FAIL_OVER)) {
                return both.stream().noneMatch(kind -> switch (kind) {
                    case KILL, JOURNAL, OVERRIDES, REVOCATION, RESTART, LOCK, STOP, READ_ONLY -> true;
                    case VENDOR, CROWDS, PAUSE, CLOCK, CUTS, AWAY, COMMITS, FAIL_OVER -> false;
                });
            }
            boolean ofTheServer = both.stream()
                            .filter(kind -> switch (kind) {
                                case RESTART, LOCK, STOP, READ_ONLY -> true;
                                case VENDOR,
                                        CROWDS,
                                        OVERRIDES,
                                        REVOCATION,
                                        KILL,
                                        JOURNAL,
                                        PAUSE,
                                        CLOCK,
                                        CUTS,
                                        AWAY,
                                        COMMITS,
                                        FAIL_OVER -> false;
                            })
                            .count()
                    == 2;
            return !ofTheServer;
        }

        private Trouble trouble() {
            int total = 0;
            for (Trouble one : Trouble.values()) {
                total += one.weight;
            }
            int drawn = random.nextInt(total);
            for (Trouble one : Trouble.values()) {
                drawn -= one.weight;
                if (drawn < 0) {
                    return one;
                }
            }
            throw new AssertionError("the weights add up to their sum");
        }

        private Start start(boolean trouble) {
            String vendor = random.nextBoolean() ? Vendors.STRICT : Vendors.FORGIVING;
            Duration expiresIn = Duration.ofSeconds(choose(-60, -60, 2, 30, 3600));
            List<Fate> fates = new ArrayList<>();
            int length = random.nextInt(trouble ? 6 : 3);
            for (int i = 0; i < length; i++) {
                fates.add(trouble ? fate() : mild());
            }
            return new Start(vendor, expiresIn, List.copyOf(fates));
        }

        private Fate mild() {
            return random.nextInt(3) == 0 ? new Fate.Late(millis(300), lifetime()) : new Fate.Answered(lifetime());
        }

        private Fate fate() {
            return switch (random.nextInt(10)) {
                case 0 -> new Fate.Lost();
                case 1 -> new Fate.Half();
                case 2 -> new Fate.Refused(500);
                case 3 -> new Fate.Refused(429);
                case 4 -> new Fate.Garbled();
                case 5 -> new Fate.Unreachable();
                case 6, 7 -> new Fate.Late(millis(600), lifetime());
                default -> new Fate.Answered(lifetime());
            };
        }

        private Duration lifetime() {
            return Duration.ofSeconds(choose(1, 5, 60, 3600, 3600, 3600));
        }

        private void trouble(List<Event> events, Trouble kind, int size) {
            switch (kind) {
                case VENDOR -> add(events, size, () -> new Step.Read(random.nextInt(size), node(), true));
                case CROWDS ->
                    add(
                            events,
                            1 + random.nextInt(3),
                            () -> new Step.Crowd(random.nextInt(size), 3 + random.nextInt(20), random.nextBoolean()));
                case OVERRIDES ->
                    add(events, 1 + random.nextInt(4), () -> new Step.Override(random.nextInt(size), node()));
                case REVOCATION -> add(events, 1, () -> new Step.Revoke(random.nextInt(size)));
                case KILL -> add(events, random.nextInt(4) == 0 ? 2 : 1, () -> new Step.Kill(node(), millis(400)));
                case JOURNAL ->
                    add(events, 1, () -> new Step.KillWithoutDatabase(random.nextInt(size), node(), millis(300)));
                case PAUSE -> add(events, 1 + random.nextInt(3), () -> new Step.Pause(node(), millis(500)));
                case CLOCK ->
                    add(
                            events,
                            1 + random.nextInt(2),
                            () -> new Step.ClockJump(
                                    node(),
                                    Duration.ofSeconds(
                                            choose(-86_400, -3_600, -90, -5, 5, 45, 90, 600, 7_200, 90_000))));
                case CUTS -> add(events, 1 + random.nextInt(4), () -> new Step.CutDatabase(node()));
                case AWAY -> add(events, 1, () -> new Step.DatabaseAway(millis(600)));
                case COMMITS -> add(events, 1 + random.nextInt(4), () -> new Step.LoseCommit(node()));
                case LOCK -> {
                    add(
                            events,
                            1,
                            () -> new Step.LockTable(
                                    random.nextBoolean() ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE",
                                    Duration.ofMillis(3_000 + random.nextInt(600))));
                    clockSteps(events);
                }
                case STOP -> {
                    add(events, 1, () -> new Step.StopDatabase(Duration.ofMillis(4_300 + random.nextInt(500))));
                    clockSteps(events);
                }
                case READ_ONLY -> {
                    add(events, 1, () -> new Step.DatabaseReadOnly(millis(600)));
                    clockSteps(events);
                }
                case FAIL_OVER -> {
                    add(events, 1, () -> new Step.FailOver(millis(800)));
                    clockSteps(events);
                }
                case RESTART ->
                    add(
                            events,
                            1,
                            () -> new Step.RestartDatabase(
                                    random.nextBoolean()
                                            ? RestartablePostgres.Mode.FAST
                                            : RestartablePostgres.Mode.IMMEDIATE));
            }
        }

        private void clockSteps(List<Event> events) {
            if (random.nextBoolean()) {
                add(
                        events,
                        1,
                        () -> new Step.ClockJump(node(), Duration.ofSeconds(choose(-7_200, -90, -5, 5, 90, 600))));
            }
        }

        private Step read(int size) {
            return new Step.Read(random.nextInt(size), node(), random.nextInt(3) > 0);
        }

        private void add(List<Event> events, int count, Supplier<Step> step) {
            for (int i = 0; i < count; i++) {
                events.add(new Event(millis(LENGTH_MILLIS), step.get()));
            }
        }

        private int node() {
            return 1 + random.nextInt(NODES);
        }

        private Duration millis(int most) {
            return Duration.ofMillis(random.nextInt(most));
        }

        private int choose(int... values) {
            return values[random.nextInt(values.length)];
        }
    }
}
