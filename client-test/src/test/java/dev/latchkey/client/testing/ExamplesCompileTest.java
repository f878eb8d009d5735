package dev.latchkey.client.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Javadoc shows can be copied. */
class ExamplesCompileTest {
    private static final Pattern EXAMPLE = Pattern.compile("<pre>\\{@code\\n(.*?)\\n *\\* *}</pre>", Pattern.DOTALL);

    @TempDir
    private Path classes;

    @Test
    void everyExampleCompiles() throws IOException {
        StringBuilder source = new StringBuilder("""
                import dev.latchkey.client.*;
                import dev.latchkey.client.testing.*;
                import java.net.URI;
                import java.time.Duration;
                import java.util.*;
                class Examples {
                """);
        int count = 0;
        try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/latchkey/client/testing"))) {
            for (Path file : files.sorted().toList()) {
                Matcher matcher = EXAMPLE.matcher(Files.readString(file));
                while (matcher.find()) {
                    String example = matcher.group(1).replaceAll("(?m)^ *\\* ?", "");
                    // Members of a class; the guide's programs have these.
                    if (!example.startsWith("@")) {
                        String fake = example.contains("FakeLatchkey fake =") ? "" : "FakeLatchkey fake, ";
                        source.append("static void example" + ++count + "(" + fake + "Latchkey latchkey) {\n" + example
                                + "\n}\n");
                    }
                }
            }
        }
        assertThat(count).isGreaterThan(40);

        assertThat(compile(source.append("}\n").toString())).isEmpty();
    }

    private List<String> compile(String source) {
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        JavaFileObject file =
                new SimpleJavaFileObject(URI.create("string:///Examples.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        ToolProvider.getSystemJavaCompiler()
                .getTask(
                        new StringWriter(),
                        null,
                        problems,
                        List.of("-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path")),
                        null,
                        List.of(file))
                .call();
        return problems.getDiagnostics().stream()
                .filter(one -> one.getKind() == Diagnostic.Kind.ERROR)
                .map(Object::toString)
                .toList();
    }
}
