// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TypesTest {
    /** The error messages for a statement, in the order of the compiler. */
    private static List<String> errors(String statement) throws IOException {
        String source = """
                import dev.holdfast.Pipeline;
                import dev.holdfast.fallback.*;
                import java.time.Duration;
                import java.util.List;
                import java.util.concurrent.*;
                import java.util.function.*;
                class Statement {
                    Fallback<String> text = Fallback.of("f", String.class, "text");
                    Fallback<Object> any = Fallback.of("f", Object.class, null);
                    void statement() throws Exception {
                        %s
                    }
                }
                """.formatted(statement);
        URI name = URI.create("string:///Statement.java");
        JavaFileObject file = new SimpleJavaFileObject(name, JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        List<String> options = List.of("-proc:none", "-classpath", System.getProperty("java.class.path"));
        // Stops before it writes class files.
        ((JavacTask) compiler.getTask(null, null, found, options, null, List.of(file))).analyze();
        return found.getDiagnostics().stream()
                .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
                .map(diagnostic -> diagnostic.getCode() + " in line " + diagnostic.getLineNumber())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "String s = text.call(() -> \"yes\");",
                "Supplier<String> s = text.supplier(() -> \"yes\");",
                "Function<Integer, String> s = text.function(n -> \"yes\" + n);",
                "CompletableFuture<String> s = text.callAsync(() -> CompletableFuture.completedFuture(\"yes\"));",
                "Pipeline<String> p = Pipeline.of(any, text); String s = p.call(() -> \"yes\");",
                "text.run(() -> {});",
                "Object o = any.call(() -> 1);",
                "Fallback<Number> f = Fallback.builder(\"f\", Number.class).value(1).call(() -> 2L).apply(failed -> 3.0)"
                        + ".callAsync(() -> CompletableFuture.completedFuture(4)).lastGood(Duration.ZERO).build();",
                "Fallback<Number> f = Fallback.builder(\"f\", Number.class).onResult((Object o) -> o == null)"
                        + ".classify(so -> so.failOnResult(n -> n.intValue() < 0)).value(0).build();",
                "Fallback<List<String>> f = Fallback.<List<String>>builder(\"f\", List.class).value(List.of(\"text\")).build();",
                "FallbackBuilder<List<String>> f = Fallback.builder(\"f\", List.class);",
                "Fallback<Object> f = Fallback.of(\"f\", Object.class, \"text\");"
            })
    @DisplayName("a fallback fits calls of its type, and its steps may give subtypes")
    void compiles(String statement) throws IOException {
        assertThat(errors(statement)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Integer i = text.call(() -> 1);",
                "text.call(() -> 1);",
                "Object o = text.call(() -> new Object());",
                "Supplier<Integer> s = text.supplier(() -> 1);",
                "Callable<Integer> s = text.callable(() -> 1);",
                "Function<Integer, Integer> s = text.function(n -> n + 1);",
                "CompletableFuture<Integer> s = text.callAsync(() -> CompletableFuture.completedFuture(1));",
                "Integer i = Pipeline.of(any, text).call(() -> 1);",
                "Pipeline<Integer> p = Pipeline.of(any, text);",
                "Pipeline<Object> p = Pipeline.of(any).then(text);",
                "Fallback<Integer> f = Fallback.of(\"f\", Integer.class, \"text\");",
                "Fallback<Integer> f = Fallback.of(\"f\", String.class, \"text\");",
                "Integer i = Pipeline.of(Fallback.builder(\"f\", String.class).value(\"text\").build()).call(() -> 1);",
                "Integer i = Pipeline.of(Fallback.of(\"f\", String.class, \"text\")).call(() -> 1);",
                "Pipeline<Object> p = Pipeline.of(Fallback.of(\"f\", String.class, \"text\"));",
                "Fallback<Object> f = Fallback.builder(\"f\", String.class).value(\"text\").build();",
                "Fallback.builder(\"f\", Integer.class).value(\"text\");",
                "Fallback.builder(\"f\", Integer.class).call(() -> \"text\");",
                "Fallback.builder(\"f\", Integer.class).apply(failed -> \"text\");",
                "Fallback.builder(\"f\", Integer.class).callAsync(() -> CompletableFuture.completedFuture(\"text\"));",
                "Fallback.builder(\"f\", Integer.class).onResult((String s) -> s.isEmpty());",
                "Fallback.builder(\"f\", Integer.class).call(text.supplier(() -> \"text\"));"
            })
    @DisplayName("and does not compile around calls of another, nor do steps that give another")
    void doesNotCompile(String statement) throws IOException {
        assertThat(errors(statement)).isNotEmpty().allMatch(error -> error.endsWith("in line 11"));
    }
}
