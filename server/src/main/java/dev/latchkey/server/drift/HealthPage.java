package dev.latchkey.server.drift;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.stream.Collectors;

/** A report as a page of the documentation. */
public final class HealthPage {
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm 'UTC'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private HealthPage() {}

    public static String of(Report report) {
        StringBuilder page = new StringBuilder("# Health of the definitions\n\n")
                .append("Written by `./latchkey providers drift --write`; do not edit. ")
                .append("[What is checked](../providers.md#the-watch).\n\n")
                .append("Checked on ")
                .append(DAY.format(report.at()))
                .append(": ")
                .append(report.alive())
                .append(" endpoints alive, ")
                .append(report.looks().size())
                .append(" to look at, ")
                .append(report.skipped())
                .append(" that only a connection or the vendor's metadata could name.\n");
        if (report.looks().isEmpty()) {
            return page.toString();
        }
        page.append("\n| provider | endpoint | address | finding |\n|---|---|---|---|\n");
        report.looks()
                .forEach(result -> page.append("| ")
                        .append(result.provider())
                        .append(" | ")
                        .append(result.what())
                        .append(" | `")
                        .append(Reading.printable(result.address(), 200))
                        .append("` | ")
                        .append(words(result))
                        .append(" |\n"));
        return page.toString();
    }

    /** What was found, in one line. */
    public static String words(Result result) {
        return switch (result.verdict()) {
            case Verdict.Alive _ -> "";
            case Verdict.Skipped skipped -> skipped.why();
            case Verdict.Look look ->
                look.findings().stream().map(Finding::words).collect(Collectors.joining("; "));
        };
    }
}
