package dev.latchkey.server.commands;

import dev.latchkey.server.journeys.NpmProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** The kinds of credentials that Nango knows and what each has, as the types of its npm package say. */
final class NangoTypes {
    private static final Pattern MODE = Pattern.compile("(?m)^ {4}(\\w+): '(\\w+)';");
    private static final Pattern CREDENTIALS = Pattern.compile(
            "(?ms)^export interface \\w*Credentials(?:<[^>]*>)?( extends CredentialsCommon)? \\{(.*?)^\\}");
    private static final Pattern TYPE = Pattern.compile("type: AuthModes\\['(\\w+)'\\]");
    private static final Pattern MEMBER = Pattern.compile("(?m)^ {4}(\\w+)\\??:");
    private static final String ANY = "*";

    /** The members of each type of credentials; {@link #ANY} among them: and any other. */
    private final Map<String, Set<String>> members = new LinkedHashMap<>();

    private final Set<String> modes;

    private NangoTypes(String source) {
        String list = source.substring(source.indexOf("interface AuthModes {"));
        Map<String, String> names = MODE.matcher(list.substring(0, list.indexOf('}')))
                .results()
                .collect(Collectors.toMap(found -> found.group(1), found -> found.group(2)));
        modes = Set.copyOf(names.values());
        Matcher one = CREDENTIALS.matcher(source);
        while (one.find()) {
            Matcher type = TYPE.matcher(one.group(2));
            if (type.find()) {
                Set<String> of = members.computeIfAbsent(names.get(type.group(1)), mode -> new TreeSet<>());
                MEMBER.matcher(one.group(2))
                        .results()
                        .map(found -> found.group(1))
                        .forEach(of::add);
                if (one.group(1) != null) {
                    of.add("raw");
                }
                if (one.group(2).contains("[key: string]")) {
                    of.add(ANY);
                }
            }
        }
    }

    static NangoTypes read() throws IOException {
        NpmProcess.install();
        return new NangoTypes(
                Files.readString(NpmProcess.FOLDER.resolve("node_modules/@nangohq/types/dist/auth/api.d.ts")));
    }

    /** Every {@code auth_mode}. */
    Set<String> modes() {
        return modes;
    }

    /** Credentials without the members that Nango does not have. */
    ObjectNode only(ObjectNode credentials) {
        Set<String> known = members.getOrDefault(credentials.path("type").asString(""), Set.of(ANY));
        return known.contains(ANY) ? credentials : credentials.retain(known);
    }
}
