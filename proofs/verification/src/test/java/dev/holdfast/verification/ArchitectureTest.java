// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchRule;
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
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiPredicate;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What no class of the published modules may do, whoever writes it. */
class ArchitectureTest {
    /** One class of each module; each module's classes are those in the same folder or jar. */
    private static final List<Class<?>> MODULES = List.of(
            Policy.class,
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
            Fallback.class,
            Guards.class,
            HoldfastMeters.class,
            FlightRecording.class,
            Availability.class,
            HoldfastTelemetry.class);
    /** What the modules share, and show nobody. */
    private static final String INTERNAL = "dev.holdfast.internal";

    private static final String SETTINGS = "dev.holdfast.settings";
    /** The patterns, and what they are built on besides the JDK and the core. */
    private static final Map<String, String> PATTERNS = Map.ofEntries(
            Map.entry("circuitbreaker", ""),
            Map.entry("bulkhead", ""),
            Map.entry("retry", ""),
            Map.entry("hedge", ""),
            Map.entry("quorum", ""),
            Map.entry("health", "com.sun.net.httpserver"),
            Map.entry("chaos", "org.apache.commons.numbers.gamma"),
            Map.entry("failover", ""),
            Map.entry("timeout", ""),
            Map.entry("ratelimiter", ""),
            Map.entry("fallback", "com.github.benmanes.caffeine.cache"));

    private static final JavaClasses OFFENDER = new ClassFileImporter().importClasses(Offender.class);
    private static JavaClasses main;

    @BeforeAll
    static void read() {
        main = new ClassFileImporter()
                .importLocations(
                        MODULES.stream().map(ArchitectureTest::location).toList());
    }

    /** It is large: tests that collect garbage would have to look through it each time. */
    @AfterAll
    static void forget() {
        main = null;
    }

    /** Does everything that is forbidden, so that the rules are seen to find it. */
    @SuppressWarnings("unused")
    private static class Offender {
        final Object lock = new Object();

        synchronized void monitorOfMethod() {}

        void monitorInBody() {
            synchronized (lock) {
                lock.hashCode();
            }
        }

        void clocks() {
            System.nanoTime();
            Runnable reference = System::currentTimeMillis;
            new java.util.Date();
            java.time.Instant.now();
        }

        void pool() {
            Caffeine.newBuilder().build();
            CompletableFuture.runAsync(this::clocks);
            CompletableFuture.completedFuture("")
                    .thenApplyAsync(any -> ThreadLocalRandom.current().nextInt());
            Runnable reference = () -> List.of(1).parallelStream().count();
        }

        void threads() throws InterruptedException {
            Thread.sleep(1);
            LockSupport.parkNanos(this, 1);
            new Thread(this::clocks).start();
            Executors.newCachedThreadPool();
            ThreadLocal.withInitial(() -> "").get();
        }

        int ties() {
            return System.identityHashCode(this);
        }
    }

    private static Location location(Class<?> type) {
        return Location.of(type.getProtectionDomain().getCodeSource().getLocation());
    }

    /** Forbids calls, constructors and method references alike, outside of some classes. */
    private static ArchRule onlyIn(Set<String> homes, String what, BiPredicate<JavaClass, String> isForbidden) {
        return noClasses()
                .that(describe(
                        "are not " + homes,
                        type -> !homes.contains(outermost(type).getName())))
                .should()
                .accessTargetWhere(describe(
                        what, (JavaAccess<?> access) -> isForbidden.test(access.getTargetOwner(), access.getName())));
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
    }

    private static void holdsAndBites(ArchRule rule) {
        rule.check(main);
        assertThatThrownBy(() -> rule.check(OFFENDER)).isInstanceOf(AssertionError.class);
    }

    private static BiPredicate<JavaClass, String> calls(Class<?> owner, String... names) {
        return (type, name) ->
                type.isEquivalentTo(owner) && Arrays.asList(names).contains(name);
    }

    @Test
    @DisplayName("all modules are looked at")
    void everythingIsSeen() {
        assertThat(main.stream().map(JavaClass::getPackageName).distinct())
                .containsExactlyInAnyOrder(
                        "dev.holdfast",
                        INTERNAL,
                        SETTINGS,
                        "dev.holdfast.config",
                        "dev.holdfast.micrometer",
                        "dev.holdfast.jfr",
                        "dev.holdfast.availability",
                        "dev.holdfast.opentelemetry",
                        "dev.holdfast.testkit",
                        "dev.holdfast.simulation",
                        "dev.holdfast.guard",
                        "dev.holdfast.circuitbreaker",
                        "dev.holdfast.bulkhead",
                        "dev.holdfast.retry",
                        "dev.holdfast.hedge",
                        "dev.holdfast.quorum",
                        "dev.holdfast.health",
                        "dev.holdfast.chaos",
                        "dev.holdfast.failover",
                        "dev.holdfast.ratelimiter",
                        "dev.holdfast.timeout",
                        "dev.holdfast.fallback");
        assertThat(main.size()).isGreaterThan(150);
    }

    @Test
    @DisplayName("XC-4 no method is synchronized")
    void noSynchronizedMethod() {
        holdsAndBites(methods().should().notHaveModifier(JavaModifier.SYNCHRONIZED));
    }

    @Test
    @DisplayName("XC-4 no method body enters a monitor")
    void noMonitor() {
        assertThat(linesWithMonitors(files(main))).isEmpty();
        assertThat(linesWithMonitors(files(OFFENDER))).isNotEmpty();
    }

    private static List<String> files(JavaClasses classes) {
        return classes.stream()
                .map(type -> type.getSource().orElseThrow().getUri())
                .map(uri -> uri.getScheme().equals("file") ? Path.of(uri).toString() : uri.toString())
                .toList();
    }

    private static List<String> linesWithMonitors(List<String> files) {
        List<String> arguments = new ArrayList<>(List.of("-c", "-p"));
        arguments.addAll(files);
        StringWriter out = new StringWriter();
        PrintWriter writer = new PrintWriter(out);
        ToolProvider javap = ToolProvider.findFirst("javap").orElseThrow();
        int result = javap.run(writer, writer, arguments.toArray(String[]::new));
        assertThat(result).as("%s", out).isZero();
        assertThat(out.toString()).contains("invokevirtual");
        return out.toString()
                .lines()
                .filter(line -> line.contains("monitorenter"))
                .toList();
    }

    @Test
    @DisplayName("XC-6 only the system environment and its timer read the machine's clock")
    void clock() {
        holdsAndBites(onlyIn(
                Set.of("dev.holdfast.SystemEnvironment", "dev.holdfast.TimerThread"),
                "System.nanoTime",
                calls(System.class, "nanoTime")));
    }

    @Test
    @DisplayName("XC-6 nobody reads the wall clock")
    void wallClock() {
        BiPredicate<JavaClass, String> forbidden = calls(System.class, "currentTimeMillis");
        holdsAndBites(onlyIn(
                Set.of(),
                "the wall clock",
                forbidden.or((type, name) -> type.isAssignableTo(java.util.Date.class)
                        || type.isAssignableTo(java.time.Clock.class)
                        || type.getPackageName().equals("java.time") && name.equals("now"))));
    }

    @Test
    @DisplayName("XC-6 only the system environment and its timer park; virtual time does where another thread must act")
    void waiting() {
        BiPredicate<JavaClass, String> forbidden =
                (type, name) -> type.isEquivalentTo(LockSupport.class) && name.startsWith("park");
        Set<String> homes =
                Set.of("dev.holdfast.SystemEnvironment", "dev.holdfast.TimerThread", "dev.holdfast.testkit.Movers");
        holdsAndBites(onlyIn(homes, "parking", forbidden));
        holdsAndBites(onlyIn(
                Set.of(),
                "sleeping, joining or waiting",
                calls(Thread.class, "sleep", "join")
                        .or(calls(Object.class, "wait", "notify", "notifyAll"))
                        .or((type, name) -> type.isAssignableTo(java.util.Timer.class))));
    }

    @Test
    @DisplayName(
            "XC-6 only the system environment draws random numbers, virtual time and simulations from their seed, and the hash of keys its secret")
    void randomness() {
        Set<String> homes = new HashSet<>(
                Set.of("dev.holdfast.SystemEnvironment", "dev.holdfast.testkit.VirtualTime", "dev.holdfast.MapKey"));
        // A simulation is drawn from its seed.
        main.stream()
                .filter(type -> type.getPackageName().equals("dev.holdfast.simulation"))
                .forEach(type -> homes.add(type.getName()));
        holdsAndBites(onlyIn(
                homes,
                "randomness",
                calls(Math.class, "random")
                        .or((type, name) -> type.isAssignableTo(java.util.random.RandomGenerator.class))));
    }

    @Test
    @DisplayName(
            "XC-5 only the shared timer, the threads for work and a burden of threads make threads, and only those for work an executor")
    void threads() {
        holdsAndBites(onlyIn(
                Set.of("dev.holdfast.TimerThread", "dev.holdfast.WorkThreads", "dev.holdfast.chaos.Burden"),
                "new Thread",
                calls(Thread.class, "<init>", "start", "ofVirtual", "ofPlatform")));
        holdsAndBites(onlyIn(
                Set.of("dev.holdfast.WorkThreads", "dev.holdfast.Delivery"),
                "executors",
                (type, name) ->
                        type.isEquivalentTo(Executors.class) || type.isAssignableTo(AbstractExecutorService.class)));
    }

    @Test
    @DisplayName("XC-8 a cache does its upkeep on the threads of the calls: by default that would be the common pool")
    void caches() {
        assertThat(cachesOfTheCommonPool(main)).isEmpty();
        assertThat(cachesOfTheCommonPool(OFFENDER)).isNotEmpty();
        assertThat(codeThat(main, "newBuilder")).as("makers of caches").hasSize(1);
    }

    /** Code that begins to build a cache and does not say where its upkeep runs. */
    private static Set<String> cachesOfTheCommonPool(JavaClasses classes) {
        Set<String> makers = codeThat(classes, "newBuilder");
        makers.removeAll(codeThat(classes, "executor"));
        return makers;
    }

    private static Set<String> codeThat(JavaClasses classes, String calls) {
        return classes.stream()
                .flatMap(type -> type.getMethodCallsFromSelf().stream())
                .filter(call -> call.getTargetOwner().isEquivalentTo(Caffeine.class)
                        && call.getName().equals(calls))
                .map(call -> call.getOrigin().getFullName())
                .collect(Collectors.toSet());
    }

    @Test
    @DisplayName("XC-8 nobody uses the common pool, not even through a future, a stage or a parallel stream")
    void commonPool() {
        BiPredicate<JavaClass, String> pool = (type, name) ->
                type.isAssignableTo(ForkJoinPool.class) || name.equals("parallelStream") || name.equals("parallel");
        BiPredicate<JavaClass, String> stages = (type, name) -> type.isAssignableTo(CompletionStage.class)
                && (name.endsWith("Async") && !name.startsWith("call")
                        || name.equals("orTimeout")
                        || name.equals("completeOnTimeout")
                        || name.equals("delayedExecutor"));
        holdsAndBites(onlyIn(Set.of(), "the common pool", pool.or(stages)));
    }

    @Test
    @DisplayName("XC-10 nobody asks for identity hash codes")
    void identityHashCode() {
        holdsAndBites(onlyIn(Set.of(), "identityHashCode", calls(System.class, "identityHashCode")));
    }

    @Test
    @DisplayName("XC-3 hardly anybody has a ThreadLocal; a context carries those of the user")
    void threadLocals() {
        holdsAndBites(noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.holdfast.ThreadContext")
                .and()
                .doNotHaveFullyQualifiedName("dev.holdfast.Nesting")
                .and()
                .doNotHaveFullyQualifiedName("dev.holdfast.Interruptions")
                .and()
                .doNotHaveFullyQualifiedName("dev.holdfast.StandardEnvironment")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ThreadLocal.class));
    }

    @Test
    @DisplayName("the core knows the JDK, slf4j and jspecify, and nothing else")
    void core() {
        classes()
                .that()
                .resideInAPackage("dev.holdfast")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.slf4j..", "org.jspecify.annotations", "dev.holdfast", INTERNAL)
                .check(main);
        classes()
                .that()
                .resideInAPackage(SETTINGS)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.jspecify.annotations", "dev.holdfast", INTERNAL, SETTINGS)
                .check(main);
    }

    @Test
    @DisplayName("what is made of settings knows no pattern")
    void integrations() {
        classes()
                .that()
                .resideInAPackage("dev.holdfast.config")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.slf4j",
                        "org.jspecify.annotations",
                        "dev.holdfast",
                        INTERNAL,
                        SETTINGS,
                        "dev.holdfast.config")
                .check(main);
    }

    @Test
    @DisplayName("what shows numbers and calls knows no pattern, and one world each")
    void shows() {
        Map<String, String> worlds = Map.of(
                "dev.holdfast.micrometer",
                "io.micrometer..",
                "dev.holdfast.opentelemetry",
                "io.opentelemetry..",
                "dev.holdfast.jfr",
                "jdk.jfr..",
                "dev.holdfast.availability",
                "org.apache.commons.numbers..");
        worlds.forEach((own, world) -> classes()
                .that()
                .resideInAPackage(own)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..", "org.slf4j", "org.jspecify.annotations", "dev.holdfast", INTERNAL, own, world)
                .check(main));
    }

    @Test
    @DisplayName("the guard knows the core and the patterns, and nobody knows the guard")
    void guard() {
        classes()
                .that()
                .resideInAPackage("dev.holdfast.guard")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(Stream.concat(
                                Stream.of(
                                        "java..",
                                        "org.jspecify.annotations",
                                        "dev.holdfast",
                                        INTERNAL,
                                        "dev.holdfast.guard"),
                                PATTERNS.keySet().stream().map(pattern -> "dev.holdfast." + pattern))
                        .toArray(String[]::new))
                .check(main);
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.holdfast.guard")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.holdfast.guard")
                .check(main);
    }

    @Test
    @DisplayName("what the modules share without showing it knows nothing of the rest")
    void internal() {
        classes()
                .that()
                .resideInAPackage(INTERNAL)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.jspecify.annotations", INTERNAL)
                .check(main);
    }

    @Test
    @DisplayName(
            "patterns, the testkit and the simulation know the core, and never each other; one knows a cache, one the JDK's HTTP server")
    void patterns() {
        Stream.concat(Stream.of(Map.entry("testkit", ""), Map.entry("simulation", "")), PATTERNS.entrySet().stream())
                .forEach(module -> {
                    String own = "dev.holdfast." + module.getKey();
                    classes()
                            .that()
                            .resideInAPackage(own)
                            .should()
                            .onlyDependOnClassesThat()
                            .resideInAnyPackage(
                                    "java..",
                                    "org.slf4j",
                                    "org.jspecify.annotations",
                                    "dev.holdfast",
                                    INTERNAL,
                                    SETTINGS,
                                    own,
                                    module.getValue())
                            .check(main);
                });
    }

    @Test
    @DisplayName(
            "no module shows a cache that it is built on, nor what is internal: its public methods name the JDK's types,"
                    + " those of Holdfast's API, and those of the worlds that it is shown to")
    void publicTypes() {
        assertThat(main.stream()
                        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC)
                                && !type.getPackageName().equals(INTERNAL))
                        .flatMap(type -> type.getMethods().stream())
                        .filter(method -> method.getModifiers().contains(JavaModifier.PUBLIC)
                                || method.getModifiers().contains(JavaModifier.PROTECTED))
                        .flatMap(method -> Stream.concat(
                                Stream.of(method.getRawReturnType()), method.getRawParameterTypes().stream()))
                        .map(type -> type.getBaseComponentType().getPackageName())
                        .distinct())
                .allMatch(name -> name.isEmpty()
                        || name.startsWith("java.")
                        || name.startsWith("io.micrometer.")
                        || name.startsWith("io.opentelemetry.")
                        || name.startsWith("dev.holdfast") && !name.equals(INTERNAL));
    }

    @Test
    @DisplayName("what is public is final, an interface, or meant to be extended")
    void publicClasses() {
        classes()
                .that()
                .arePublic()
                .and()
                .areNotInterfaces()
                .and(describe(
                        "are not meant to be extended",
                        type -> !Set.of(
                                        "dev.holdfast.Calls",
                                        "dev.holdfast.internal.Teller",
                                        "dev.holdfast.Pipeline",
                                        "dev.holdfast.Policy",
                                        "dev.holdfast.Gate",
                                        "dev.holdfast.Loop",
                                        "dev.holdfast.Deadline",
                                        "dev.holdfast.Recovery",
                                        "dev.holdfast.Race",
                                        "dev.holdfast.Around",
                                        "dev.holdfast.Turn",
                                        "dev.holdfast.RejectedException",
                                        "dev.holdfast.DeadlineExceededException",
                                        // Sealed: what a quorum and a vote have in common.
                                        "dev.holdfast.quorum.Poll",
                                        "dev.holdfast.quorum.PollBuilder",
                                        // Sealed: which calls faults are for.
                                        "dev.holdfast.chaos.InjectionBuilder",
                                        // Sealed: of a ratio, or of a value.
                                        "dev.holdfast.chaos.Probe",
                                        "dev.holdfast.settings.PolicyType")
                                .contains(type.getName())))
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(main);
    }

    @Test
    @DisplayName("no public class has a public constructor, but records, and what the service loader makes")
    void constructors() {
        assertThat(main.stream()
                        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC)
                                && !type.isRecord()
                                && !type.isAssignableTo(PolicyType.class))
                        .flatMap(type -> type.getConstructors().stream())
                        .filter(made -> made.getModifiers().contains(JavaModifier.PUBLIC)))
                .isEmpty();
    }
}
