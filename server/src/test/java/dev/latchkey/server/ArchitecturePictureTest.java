package dev.latchkey.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The picture in docs/architecture.md is the code's: every package is in it, and depends only on packages in lower rows. */
class ArchitecturePictureTest {
    private static final String ROOT = "dev.latchkey.server.";
    private static final Pattern NAME = Pattern.compile("([a-z]+(?:\\.[a-z]+)*)/");

    @Test
    void everyPackageDependsOnlyOnPackagesInLowerRowsOfThePicture() throws IOException {
        Map<String, Integer> rows = rows();
        var inCode = new TreeSet<String>();
        var upwards = new TreeSet<String>();
        for (JavaClass type : new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.latchkey.server")) {
            String from = room(type);
            if (from.isEmpty()) {
                continue;
            }
            inCode.add(from);
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String to = room(dependency.getTargetClass());
                if (!to.isEmpty()
                        && !to.equals(from)
                        && rows.getOrDefault(from, 0) >= rows.getOrDefault(to, Integer.MAX_VALUE)) {
                    upwards.add(from + " -> " + to + " (" + dependency.getDescription() + ")");
                }
            }
        }

        assertThat(rows.keySet()).as("packages in docs/architecture.md").containsExactlyInAnyOrderElementsOf(inCode);
        assertThat(upwards)
                .as("dependencies that do not point down in the picture")
                .isEmpty();
    }

    /** The package below the root; empty for the root itself, for the templates that the build generates, and for everything else. */
    private static String room(JavaClass type) {
        String name = type.getPackageName();
        return name.startsWith(ROOT) && !name.contains(".templates") ? name.substring(ROOT.length()) : "";
    }

    private static Map<String, Integer> rows() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("..", "docs", "architecture.md"));
        int begin = lines.indexOf("```") + 1;
        Map<String, Integer> rows = new HashMap<>();
        for (int row = begin; !lines.get(row).equals("```"); row++) {
            if (!lines.get(row).contains("(module)")) {
                var names = NAME.matcher(lines.get(row));
                while (names.find()) {
                    rows.put(names.group(1), row);
                }
            }
        }
        return rows;
    }
}
