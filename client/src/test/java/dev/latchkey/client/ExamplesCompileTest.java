package dev.latchkey.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Javadoc shows can be copied. */
class ExamplesCompileTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/latchkey/client");
    private static final Pattern EXAMPLE = Pattern.compile("<pre>\\{@code\\n(.*?)\\n *\\* *}</pre>", Pattern.DOTALL);

    private static final List<String> GIVEN = List.of(
            "Latchkey latchkey",
            "Webhooks webhooks",
            "byte[] body",
            "Map<String, String> headers",
            "String key",
            "String signingKey",
            "String clientId",
            "String clientSecret",
            "String definition");

    @TempDir
    private Path classes;

    @Test
    void everyExampleCompiles() throws IOException {
        List<String> examples = new ArrayList<>();
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.sorted().toList()) {
                Matcher matcher = EXAMPLE.matcher(Files.readString(file));
                while (matcher.find()) {
                    examples.add(matcher.group(1).replaceAll("(?m)^ *\\* ?", ""));
                }
            }
        }
        assertThat(examples).hasSizeGreaterThan(25);

        assertThat(compile(examples)).isEmpty();
    }

    @Test
    void everyPublicMethodHasDocumentationWithAnExample() throws Exception {
        List<String> poor = new ArrayList<>();
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.filter(one -> !one.endsWith("package-info.java"))
                    .sorted()
                    .toList()) {
                String source = Files.readString(file);
                Class<?> type = Class.forName(
                        "dev.latchkey.client." + file.getFileName().toString().replace(".java", ""));
                Stream.concat(Stream.of(type), Arrays.stream(type.getDeclaredClasses()))
                        // What a record shows of its JSON is said by its name and its sentence.
                        .filter(one -> Modifier.isPublic(one.getModifiers()) && Modifier.isPublic(type.getModifiers()))
                        .filter(one -> !one.isRecord() || one.getRecordComponents()[0].getType() != Json.class)
                        .flatMap(one -> Arrays.stream(one.getDeclaredMethods()).filter(method -> isOurs(one, method)))
                        .filter(method -> !Pattern.compile(
                                        "}</pre>\\n((?! *\\*/).*\\n)* *\\*/\\n( *@.*\\n)* *[^=;*]*?\\b"
                                                + method.getName() + "\\(")
                                .matcher(source)
                                .find())
                        .forEach(method -> poor.add(method.toString()));
            }
        }

        assertThat(poor).isEmpty();
    }

    /** Without what a record or an enum has by itself, and what a type's documentation has said already. */
    private static boolean isOurs(Class<?> type, Method method) {
        boolean accessor = type.isRecord()
                && Arrays.stream(type.getRecordComponents())
                        .anyMatch(one -> one.getAccessor().equals(method));
        // What the JDK describes.
        boolean foreign = Arrays.stream(type.getInterfaces())
                .filter(one -> one.getPackage() != type.getPackage())
                .flatMap(one -> Arrays.stream(one.getMethods()))
                .anyMatch(one -> one.getName().equals(method.getName()));
        return Modifier.isPublic(method.getModifiers())
                && !foreign
                && !method.isSynthetic()
                && !accessor
                && !type.isEnum()
                && !Set.of("toString", "equals", "hashCode", "close").contains(method.getName());
    }

    private List<String> compile(List<String> examples) {
        StringBuilder source = new StringBuilder("""
                package example;
                import dev.latchkey.client.*;
                import java.net.URI;
                import java.time.Duration;
                import java.util.*;
                import java.util.concurrent.CompletableFuture;
                class Examples {
                """);
        for (int i = 0; i < examples.size(); i++) {
            String example = examples.get(i);
            // What an example declares itself is not given to it.
            String parameters = GIVEN.stream()
                    .filter(parameter -> !example.contains(parameter + " ="))
                    .collect(Collectors.joining(", "));
            source.append("static void example" + i + "(" + parameters + ") {\n" + example + "\n}\n");
        }
        source.append("}\n");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        JavaFileObject file =
                new SimpleJavaFileObject(URI.create("string:///example/Examples.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        compiler.getTask(
                        new StringWriter(),
                        null,
                        problems,
                        List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path")),
                        null,
                        List.of(file))
                .call();
        return problems.getDiagnostics().stream()
                .filter(one -> one.getKind() == javax.tools.Diagnostic.Kind.ERROR)
                .map(Object::toString)
                .toList();
    }
}
