package dev.latchkey.server.dashboard;

import dev.latchkey.server.integrations.Integration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What pages call integrations where several are listed. */
final class IntegrationNames {
    private IntegrationNames() {}

    /** By key, in the given order: the name, with the key behind it where another integration has the same name. */
    static Map<String, String> distinct(List<Integration> all) {
        Map<String, Long> sharing =
                all.stream().collect(Collectors.groupingBy(Integration::displayName, Collectors.counting()));
        Map<String, String> names = new LinkedHashMap<>();
        all.forEach(one -> names.put(
                one.uniqueKey(),
                sharing.getOrDefault(one.displayName(), 1L) == 1
                        ? one.displayName()
                        : one.displayName() + " · " + one.uniqueKey()));
        return names;
    }
}
