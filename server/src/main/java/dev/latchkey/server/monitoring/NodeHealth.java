package dev.latchkey.server.monitoring;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What an operator must mend on this node, while it goes on as well as it can: asked by {@code GET /health}, and a gauge each for
 * Prometheus. Thread-safe once it is made.
 */
public final class NodeHealth {
    /**
     * @param code for programs: {@code disk_full}
     * @param message for people: what does not happen meanwhile, and what to do
     */
    public record Problem(String code, String message) {}

    private record Check(Problem problem, BooleanSupplier holds) {}

    private final List<Check> checks = new ArrayList<>();

    /**
     * Before requests are served.
     *
     * @param holds whether the problem is there: quick, and without a call to anything that may be away
     */
    public NodeHealth check(String code, String message, BooleanSupplier holds) {
        checks.add(new Check(new Problem(code, message), holds));
        return this;
    }

    /** Those that are there now. */
    public List<Problem> problems() {
        return checks.stream()
                .filter(check -> check.holds().getAsBoolean())
                .map(Check::problem)
                .toList();
    }

    /** Tells each as 1 while it is there, else 0. */
    public NodeHealth measure(Metrics metrics) {
        for (Check check : checks) {
            metrics.gauge(
                    "latchkey.problem",
                    "What an operator must mend: 1 while it is there",
                    List.of("code", check.problem().code()),
                    check,
                    it -> it.holds().getAsBoolean() ? 1 : 0);
        }
        return this;
    }
}
