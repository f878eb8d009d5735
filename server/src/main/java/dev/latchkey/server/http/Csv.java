package dev.latchkey.server.http;

import java.util.List;
import java.util.stream.Collectors;

/** Comma-separated values (RFC 4180) that a spreadsheet takes for text alone. */
public final class Csv {
    private Csv() {}

    /** With the line's end. */
    public static String row(List<String> cells) {
        return cells.stream().map(Csv::cell).collect(Collectors.joining(",", "", "\r\n"));
    }

    /** A spreadsheet would run what begins like a formula, and users choose what their names begin with. */
    public static String withoutFormula(String text) {
        return !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    }

    private static String cell(String text) {
        String safe = withoutFormula(text);
        return safe.matches("(?s).*[\",\r\n].*") ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
    }
}
