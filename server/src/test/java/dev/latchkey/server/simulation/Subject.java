package dev.latchkey.server.simulation;

import dev.latchkey.server.simulation.Ledger.Token;
import java.util.ArrayList;
import java.util.List;

/** One connection of a schedule: its name at the product, and the families of tokens that were imported under it. Thread-safe. */
final class Subject {
    /** @param certain the product has said that it took it; otherwise it is unknown, since its response was lost */
    record Import(Token first, boolean certain) {}

    final int index;
    final String name;
    final String vendor;
    /** Held by the import of other tokens. */
    final Object overrides = new Object();

    private final List<Import> imports = new ArrayList<>();

    Subject(int index, String name, String vendor) {
        this.index = index;
        this.name = name;
        this.vendor = vendor;
    }

    synchronized void imported(Token first, boolean certain) {
        imports.add(new Import(first, certain));
    }

    synchronized List<Import> imports() {
        return List.copyOf(imports);
    }

    /** Those that may be in force now: the last certain one, and the uncertain ones after it. */
    synchronized List<Token> current() {
        List<Token> candidates = new ArrayList<>();
        for (Import one : imports) {
            if (one.certain()) {
                candidates.clear();
            }
            candidates.add(one.first());
        }
        return candidates;
    }

    String path() {
        return "/connections/" + name + "?provider_config_key=" + vendor;
    }
}
