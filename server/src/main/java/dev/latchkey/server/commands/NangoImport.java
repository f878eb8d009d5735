package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.nango.NangoCatalogue.Converted;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes converted definitions into a folder, and says what became of each. */
final class NangoImport {
    private final PrintWriter out;
    private final boolean replace;
    private final Catalogue shipped = Catalogue.load();

    /** @param replace whether those of a shipped id are written, too */
    NangoImport(PrintWriter out, boolean replace) {
        this.out = out;
        this.replace = replace;
    }

    /** @return the exit status: 1 when one that does not ship cannot be used either */
    int run(List<Converted> all, Optional<Path> folder) throws IOException {
        Map<Boolean, List<Converted>> wanted =
                all.stream().collect(Collectors.partitioningBy(one -> replace || !shipped.has(one.id())));
        List<Converted> taken = wanted.getOrDefault(true, List.of());
        List<Converted> left = wanted.getOrDefault(false, List.of());
        taken.stream()
                .filter(one -> !one.isWhole())
                .forEach(one -> out.println(one.id()
                        + (one.text().isPresent() ? ": without " : ": not converted: ")
                        + String.join("; ", one.missing())));
        if (!left.isEmpty()) {
            out.println(left.size() + " ship with Latchkey and were left out; --replace takes these instead: "
                    + left.stream().map(Converted::id).collect(Collectors.joining(", ")));
        }
        report(all);
        boolean whole = taken.stream().allMatch(one -> one.text().isPresent() || shipped.has(one.id()));
        return folder.isEmpty() || write(taken, folder.get()) ? (whole ? 0 : 1) : 1;
    }

    /** @return whether a server uses every file of the folder */
    private boolean write(List<Converted> taken, Path folder) throws IOException {
        Files.createDirectories(folder);
        for (Converted one : taken) {
            if (one.text().isPresent()) {
                Files.writeString(folder.resolve(one.id() + ".yaml"), one.text().get());
            }
        }
        Catalogue loaded = Catalogue.loadReadable(folder);
        loaded.problems().forEach(problem -> out.println("A server leaves this file out: " + problem));
        loaded.keptParents().forEach(problem -> out.println("Keeps the shipped parent: " + problem));
        return loaded.problems().isEmpty();
    }

    private void report(List<Converted> all) {
        out.printf("%n%-20s %6s %6s %6s%n", "kind", "whole", "partly", "not");
        Map<String, List<Converted>> kinds =
                all.stream().collect(Collectors.groupingBy(Converted::mode, TreeMap::new, Collectors.toList()));
        kinds.forEach(this::row);
        row("all", all);
    }

    private void row(String kind, List<Converted> ones) {
        long whole = ones.stream().filter(Converted::isWhole).count();
        long written = ones.stream().filter(one -> one.text().isPresent()).count();
        out.printf("%-20s %6d %6d %6d%n", kind, whole, written - whole, ones.size() - written);
    }
}
