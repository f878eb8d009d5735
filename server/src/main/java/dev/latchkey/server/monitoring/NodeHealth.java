package dev.latchkey.server.monitoring;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Problems that an operator must fix on this node, while it keeps serving as well as it can: returned by {@code GET /health}, with a
 * Prometheus gauge for each. Thread-safe once it is made.
 */
public final class NodeHealth {
    /**
     * @param code for programs: {@code disk_full}
     * @param message for people: what does not work until it is fixed, and what to do
     */
    public record Problem(String code, String message) {}

    private record Check(Problem problem, BooleanSupplier holds) {}

    private final List<Check> checks = new ArrayList<>();

    /**
     * Before requests are served.
     *
     * @param holds whether the problem exists: fast, and without a call to anything that may be unreachable
     */
    public NodeHealth check(String code, String message, BooleanSupplier holds) {
        checks.add(new Check(new Problem(code, message), holds));
        return this;
    }

    /** The present problems. */
    public List<Problem> problems() {
        return checks.stream()
                .filter(check -> check.holds().getAsBoolean())
                .map(Check::problem)
                .toList();
    }

    /** Reports each as 1 while it exists, otherwise 0. */
    public NodeHealth measure(Metrics metrics) {
        for (Check check : checks) {
            metrics.gauge(
                    "latchkey.problem",
                    "Problems that an operator must fix: 1 while a problem exists",
                    List.of("code", check.problem().code()),
                    check,
                    it -> it.holds().getAsBoolean() ? 1 : 0);
        }
        return this;
    }
}
