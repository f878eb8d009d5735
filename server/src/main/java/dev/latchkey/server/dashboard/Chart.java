package dev.latchkey.server.dashboard;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;

/**
 * A small chart, drawn on the server as SVG: no script, and no style that the page's policy would refuse.
 *
 * @param summary for readers who cannot see it
 * @param slots one for each step of time, over the whole height: they show their numbers on hover
 */
public record Chart(String summary, int width, List<Bar> bars, List<Curve> curves, List<Slot> slots, List<Step> steps) {
    public static final int HEIGHT = 120;
    private static final int STEP = 20;
    private static final int GAP = 5;

    public record Bar(String x, String y, String width, String height, boolean bad) {}

    public record Curve(String points, boolean second) {}

    public record Slot(int x, String title) {}

    /** @param good and bad stand on each other; or the two curves' values, where below 0 is none */
    public record Step(String when, long good, long bad) {}

    public static int step() {
        return STEP;
    }

    public String from() {
        return steps.getFirst().when();
    }

    public String to() {
        return steps.getLast().when();
    }

    static Chart bars(String summary, List<Step> steps, String good, String bad) {
        long most = Math.max(
                1,
                steps.stream().mapToLong(step -> step.good() + step.bad()).max().orElse(1));
        List<Bar> bars = new ArrayList<>();
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            double top = HEIGHT;
            for (boolean isBad : List.of(false, true)) {
                long value = isBad ? step.bad() : step.good();
                if (value > 0) {
                    // The smallest count must be visible.
                    double height = Math.max(2, (HEIGHT - 6.0) * value / most);
                    top -= height;
                    bars.add(new Bar(
                            number(i * STEP + GAP / 2.0),
                            number(Math.max(0, top)),
                            number(STEP - GAP),
                            number(height),
                            isBad));
                }
            }
            slots.add(new Slot(
                    i * STEP,
                    step.when() + ": " + Words.count(step.good()) + " " + good
                            + (bad.isEmpty() ? "" : ", " + Words.count(step.bad()) + " " + bad)));
        }
        return new Chart(summary, steps.size() * STEP, bars, List.of(), slots, steps);
    }

    /** Two curves over the same time; without a measurement there is no point. */
    static Chart curves(String summary, List<Step> steps, LongFunction<String> words) {
        long most = Math.max(
                1,
                steps.stream()
                        .mapToLong(step -> Math.max(step.good(), step.bad()))
                        .max()
                        .orElse(1));
        List<Slot> slots = new ArrayList<>();
        StringBuilder first = new StringBuilder();
        StringBuilder second = new StringBuilder();
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            if (step.good() >= 0) {
                first.append(point(i, step.good(), most));
                second.append(point(i, step.bad(), most));
            }
            slots.add(new Slot(
                    i * STEP,
                    step.when()
                            + (step.good() < 0
                                    ? ": no request"
                                    : ": half under " + words.apply(step.bad()) + ", 95 % under "
                                            + words.apply(step.good()))));
        }
        return new Chart(
                summary,
                steps.size() * STEP,
                List.of(),
                List.of(
                        new Curve(second.toString().strip(), true),
                        new Curve(first.toString().strip(), false)),
                slots,
                steps);
    }

    private static String point(int index, long value, long most) {
        String y = number(HEIGHT - 4 - (HEIGHT - 12.0) * value / most);
        // As wide as a bar would be: an isolated hour stays visible.
        double middle = index * STEP + STEP / 2.0;
        return number(middle - STEP * 0.3) + "," + y + " " + number(middle + STEP * 0.3) + "," + y + " ";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
