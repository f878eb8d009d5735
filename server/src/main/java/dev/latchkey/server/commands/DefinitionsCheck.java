package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.server.commands.DoctorCommand.Finding;
import java.util.List;

/** Whether the operator's own definitions are used. */
final class DefinitionsCheck {
    private DefinitionsCheck() {}

    static Finding of(Catalogue catalogue) {
        int count = catalogue.all().size();
        List<Problem> wrong = catalogue.problems();
        List<Problem> kept = catalogue.keptParents();
        if (!wrong.isEmpty()) {
            return Finding.bad(
                    "definitions",
                    files(wrong) + " of LATCHKEY_PROVIDERS_DIR left out, the first for: " + wrong.getFirst()
                            + " (latchkey providers check lists all)");
        }
        return kept.isEmpty()
                ? Finding.good("definitions", count + " are in order.")
                : Finding.note(
                        "definitions",
                        files(kept)
                                + " that do not fit the parent in LATCHKEY_PROVIDERS_DIR and keep the shipped one, the first for: "
                                + kept.getFirst());
    }

    private static String files(List<Problem> problems) {
        long count = problems.stream().map(Problem::file).distinct().count();
        return count == 1 ? "1 file" : count + " files";
    }
}
