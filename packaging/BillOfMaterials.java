import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The bill of materials of one artifact, from the build's: of the libraries those that are in its folder, and beside them what Maven does not
 * know of. Arguments: the build's file, the folder of jars, then {@code --java VERSION} for a runtime and {@code --debian FILE} for a list of
 * packages, a name and a version a line. Run from its source by {@code packaging/release}, with Jackson on the class path.
 */
final class BillOfMaterials {
    public static void main(String[] arguments) throws Exception {
        ObjectMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        ObjectNode bill = (ObjectNode) mapper.readTree(Files.readString(Path.of(arguments[0])));
        ArrayNode components = (ArrayNode) bill.get("components");
        Set<String> shipped = hashes(Path.of(arguments[1]));
        Set<String> removed = new TreeSet<>();
        for (Iterator<JsonNode> each = components.iterator(); each.hasNext(); ) {
            JsonNode one = each.next();
            if (!shipped.contains(hash(one))) {
                removed.add(one.path("bom-ref").asString());
                each.remove();
            }
        }
        withoutThem((ArrayNode) bill.get("dependencies"), removed);
        for (int i = 2; i < arguments.length; i += 2) {
            switch (arguments[i]) {
                case "--java" -> component(components, "OpenJDK", arguments[i + 1], "pkg:generic/openjdk@" + arguments[i + 1]);
                case "--debian" -> {
                    for (String line : Files.readAllLines(Path.of(arguments[i + 1]))) {
                        String[] words = line.split(" ");
                        component(components, words[0], words[1], "pkg:deb/debian/" + words[0] + "@" + words[1]);
                    }
                }
                default -> throw new IllegalArgumentException(arguments[i]);
            }
        }
        System.out.println(mapper.writeValueAsString(bill));
    }

    private static void component(ArrayNode components, String name, String version, String purl) {
        String escaped = purl.replace("+", "%2B");
        components
                .addObject()
                .put("type", "library")
                .put("bom-ref", escaped)
                .put("name", name)
                .put("version", version)
                .put("purl", escaped);
    }

    private static void withoutThem(ArrayNode dependencies, Set<String> removed) {
        for (Iterator<JsonNode> each = dependencies.iterator(); each.hasNext(); ) {
            JsonNode one = each.next();
            if (removed.contains(one.path("ref").asString())) {
                each.remove();
            } else if (one.get("dependsOn") instanceof ArrayNode on) {
                for (Iterator<JsonNode> reference = on.iterator(); reference.hasNext(); ) {
                    if (removed.contains(reference.next().asString())) {
                        reference.remove();
                    }
                }
            }
        }
    }

    private static String hash(JsonNode component) {
        for (JsonNode one : component.path("hashes")) {
            if (one.path("alg").asString().equals("SHA-256")) {
                return one.path("content").asString();
            }
        }
        return "";
    }

    private static Set<String> hashes(Path folder) throws Exception {
        Set<String> hashes = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".jar")).toList()) {
                hashes.add(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
            }
        }
        return hashes;
    }
}
