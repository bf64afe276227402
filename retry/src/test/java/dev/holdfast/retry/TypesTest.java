// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

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
                import dev.holdfast.retry.*;
                import java.util.concurrent.*;
                import java.util.function.*;
                class Statement {
                    Retry<String> onText = Retry.builder("r").withoutBudget().retryOnResult((String text) -> text.isEmpty()).build();
                    Retry<Object> onAny = Retry.ofDefaults("r");
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
                "String s = onText.call(() -> \"yes\");",
                "Supplier<String> s = onText.supplier(() -> \"yes\");",
                "Callable<String> s = onText.callable(() -> \"yes\");",
                "Function<Integer, String> s = onText.function(n -> \"yes\" + n);",
                "CompletableFuture<String> s = onText.callAsync(() -> CompletableFuture.completedFuture(\"yes\"));",
                "String s = Pipeline.of(onAny, onText).call(() -> \"yes\");",
                "Pipeline<String> p = Pipeline.of(onAny, onText); Pipeline<String> q = Pipeline.of(onAny).then(onText);",
                "Integer i = onAny.call(() -> 1); String s = onAny.call(() -> \"yes\");",
                "onText.run(() -> {});",
                "Retry<Integer> r = Retry.builder(\"r\").withoutBudget().retryOnResult((Integer n) -> n < 0).build(); int i = r.call(() -> 1);"
            })
    @DisplayName("a retry that looks at results of a type fits calls that give that type")
    void compiles(String statement) throws IOException {
        assertThat(errors(statement)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Integer i = onText.call(() -> 1);",
                "onText.call(() -> 1);",
                "Supplier<Integer> s = onText.supplier(() -> 1);",
                "Callable<Integer> s = onText.callable(() -> 1);",
                "Function<Integer, Integer> s = onText.function(n -> n + 1);",
                "CompletableFuture<Integer> s = onText.callAsync(() -> CompletableFuture.completedFuture(1));",
                "Integer i = Pipeline.of(onAny, onText).call(() -> 1);",
                "Pipeline<Integer> p = Pipeline.of(onAny, onText);",
                "Pipeline<Object> p = Pipeline.of(onAny).then(onText);",
                "Retry<Object> r = Retry.builder(\"r\").withoutBudget().retryOnResult((String text) -> true).build();",
                "onText.reconfigure(rules -> rules.retryOnResult((Integer n) -> true));"
            })
    @DisplayName("and does not compile around calls that give another")
    void doesNotCompile(String statement) throws IOException {
        assertThat(errors(statement)).isNotEmpty().allMatch(error -> error.endsWith("in line 9"));
    }
}
