// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Policy;
import dev.holdfast.availability.Availability;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.config.Guards;
import dev.holdfast.failover.Replicas;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.guard.Guard;
import dev.holdfast.health.Health;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.jfr.FlightRecording;
import dev.holdfast.micrometer.HoldfastMeters;
import dev.holdfast.opentelemetry.HoldfastTelemetry;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.simulation.World;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each module offers, against the reviewed text beside this test: nothing becomes public, changes or goes by accident.
 * After a change that is meant, run this test with {@code -Dholdfast.api.write=true} and read the difference.
 */
class ApiTest {
    private static final Path TEXTS = Path.of("src", "test", "resources", "api");

    static Stream<Class<?>> modules() {
        return Stream.of(
                Policy.class,
                PolicyType.class,
                Guards.class,
                HoldfastMeters.class,
                FlightRecording.class,
                Availability.class,
                HoldfastTelemetry.class,
                VirtualTime.class,
                World.class,
                Guard.class,
                CircuitBreaker.class,
                Bulkhead.class,
                Retry.class,
                Hedge.class,
                Quorum.class,
                Health.class,
                Chaos.class,
                Replicas.class,
                RateLimiter.class,
                Timeout.class,
                Fallback.class);
    }

    @ParameterizedTest
    @MethodSource("modules")
    @DisplayName("What a module offers is what was reviewed")
    void api(Class<?> module) throws Exception {
        List<String> lines = new ArrayList<>();
        for (Class<?> type : types(module)) {
            if (isOffered(type)) {
                describe(type, lines);
            }
        }
        Path text = TEXTS.resolve(module.getPackageName() + ".txt");
        if (Boolean.getBoolean("holdfast.api.write")) {
            Files.createDirectories(TEXTS);
            Files.write(text, lines);
        }
        assertThat(lines).as("reviewed in " + text).isEqualTo(Files.readAllLines(text));
    }

    /** All classes of a module, from its folder or jar. */
    static List<Class<?>> types(Class<?> module) throws IOException, URISyntaxException {
        Path home = Path.of(
                module.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(home)) {
            return types(module, home);
        }
        try (FileSystem jar = FileSystems.newFileSystem(home)) {
            return types(module, jar.getPath("/"));
        }
    }

    private static List<Class<?>> types(Class<?> module, Path root) throws IOException {
        try (Stream<Path> files =
                Files.list(root.resolve(module.getPackageName().replace('.', '/')))) {
            List<Class<?>> types = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class") && !name.equals("package-info.class")) {
                    String simple = name.substring(0, name.length() - ".class".length());
                    types.add(load(module.getPackageName() + "." + simple));
                }
            }
            return types;
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, ApiTest.class.getClassLoader());
        } catch (ClassNotFoundException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static boolean isOffered(Class<?> type) {
        return isOffered(type.getModifiers())
                && (type.getDeclaringClass() == null || isOffered(type.getDeclaringClass()));
    }

    private static boolean isOffered(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    private static void describe(Class<?> type, List<String> lines) {
        lines.add(header(type));
        Stream<Member> members = Stream.of(
                        Arrays.<Member>stream(type.getDeclaredFields()),
                        Arrays.<Member>stream(type.getDeclaredConstructors()),
                        Arrays.<Member>stream(type.getDeclaredMethods()))
                .flatMap(each -> each);
        members.filter(member -> isOffered(member.getModifiers()) && !member.isSynthetic())
                .map(ApiTest::text)
                .sorted()
                .forEach(text -> lines.add("  " + text));
        lines.add("");
    }

    private static String header(Class<?> type) {
        List<Type> above = new ArrayList<>(Arrays.asList(type.getGenericInterfaces()));
        Class<?> shown = type;
        while (shown.getSuperclass() != null && !isOffered(shown.getSuperclass())) {
            shown = shown.getSuperclass();
        }
        if (shown.getGenericSuperclass() != null && shown.getSuperclass() != Object.class) {
            above.add(0, shown.getGenericSuperclass());
        }
        String supers = above.stream().map(Type::getTypeName).collect(Collectors.joining(", "));
        String text = type.toGenericString() + (supers.isEmpty() ? "" : " : " + supers);
        return brief(text, type.getPackageName());
    }

    private static String text(Member member) {
        AccessibleObject object = (AccessibleObject) member;
        String annotations = object.isAnnotationPresent(Deprecated.class) ? "@Deprecated " : "";
        String text = member instanceof Field
                ? ((Field) member).toGenericString()
                : member instanceof Method
                        ? ((Method) member).toGenericString()
                        : ((Constructor<?>) member).toGenericString();
        Class<?> owner = member.getDeclaringClass();
        return annotations + brief(text.replace(owner.getName() + ".", ""), owner.getPackageName());
    }

    /** Without what makes it long, or what only newer JDKs tell. */
    private static String brief(String text, String ownPackage) {
        String known =
                "\\b(java\\.lang|java\\.util\\.function|java\\.util\\.concurrent|java\\.util|java\\.time)\\.(?=[A-Z])";
        return text.replaceAll(known, "")
                .replaceAll("\\b" + ownPackage.replace(".", "\\.") + "\\.(?=[A-Z])", "")
                .replaceAll("\\b(non-)?sealed ", "");
    }
}
