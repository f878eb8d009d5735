package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the vendor granted, where it is access to several accounts, until the user says which of them is connected. It waits encrypted
 * with the flow, and is no connection yet.
 *
 * @param formerGone the connection is authorized again, and the account that it had is not among these
 */
public record AccountChoice(
        Connection.Grant grant, AfterConnectSteps.Progress progress, List<Option> options, boolean formerGone) {

    /**
     * One of the accounts.
     *
     * @param title, detail the vendor's words for it, of which neither is empty
     * @param values for the connection's config, by field
     * @param outdated fields whose values name another account
     */
    public record Option(String title, String detail, Map<String, String> values, Set<String> outdated) {
        /** Whether the words are part of it. */
        public boolean says(String words) {
            return (title + "\n" + detail)
                    .toLowerCase(Locale.ROOT)
                    .contains(words.strip().toLowerCase(Locale.ROOT));
        }
    }

    /** What was offered under this number. */
    public Optional<Option> option(String number) {
        return number.matches("\\d{1,6}")
                ? Optional.of(Integer.parseInt(number))
                        .filter(it -> it < options.size())
                        .map(options::get)
                : Optional.empty();
    }
}
