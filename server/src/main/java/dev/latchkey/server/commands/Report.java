package dev.latchkey.server.commands;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.node.ObjectNode;

/** The results of many items: a failure does not stop the others. */
final class Report {
    private final List<String> made = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private final Map<String, String> failed = new LinkedHashMap<>();
    private final Map<String, List<String>> changes = new LinkedHashMap<>();
    private final List<String> warnings = new ArrayList<>();

    void made(String name) {
        made.add(name);
    }

    void left(String name) {
        left.add(name);
    }

    /** What callers will find different of it. */
    void changes(String name, List<String> what) {
        if (!what.isEmpty()) {
            changes.put(name, List.copyOf(what));
        }
    }

    /** About the whole. */
    void warn(String warning) {
        warnings.add(warning);
    }

    /** @param work returns whether it was created; false: it was left unchanged */
    boolean attempt(String name, BooleanSupplier work) {
        try {
            if (work.getAsBoolean()) {
                made.add(name);
            } else {
                left.add(name);
            }
            return true;
        } catch (ServerApi.Refused e) {
            if (e.status() == 0) {
                // The server is unreachable: each further item would only wait.
                throw e;
            }
            failed.put(name, e.code() + ": " + e.getMessage());
            return false;
        }
    }

    /** @return the exit status: 1 when something failed */
    int print(Output output, String did, ObjectNode json) {
        if (output.isJson()) {
            made.forEach(json.putArray(did)::add);
            left.forEach(json.putArray("left")::add);
            ObjectNode failures = json.putObject("failed");
            failed.forEach(failures::put);
            if (!changes.isEmpty()) {
                ObjectNode changed = json.putObject("changes");
                changes.forEach((name, what) -> what.forEach(changed.putArray(name)::add));
            }
            if (!warnings.isEmpty()) {
                warnings.forEach(json.putArray("warnings")::add);
            }
            output.show(json);
        } else {
            output.out()
                    .println(made.size() + " " + did + ", " + left.size() + " left as they are, " + failed.size()
                            + " failed.");
            failed.forEach((name, reason) -> output.out().println("  " + name + ": " + reason));
            if (!changes.isEmpty()) {
                output.out().println("What callers will find different:");
                changes.forEach((name, what) -> output.out().println("  " + name + ": " + String.join("; ", what)));
            }
            warnings.forEach(output.out()::println);
        }
        return failed.isEmpty() ? 0 : 1;
    }
}
