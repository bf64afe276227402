// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples

import dev.holdfast.Backoff
import dev.holdfast.Environment
import dev.holdfast.Event
import dev.holdfast.Pipeline
import dev.holdfast.Policy
import dev.holdfast.bulkhead.Bulkhead
import dev.holdfast.circuitbreaker.CircuitBreaker
import dev.holdfast.fallback.Fallback
import dev.holdfast.ratelimiter.RateLimiter
import dev.holdfast.retry.RetriesExhaustedException
import dev.holdfast.retry.Retry
import dev.holdfast.timeout.Timeout
import java.io.IOException
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletableFuture.completedFuture
import java.util.concurrent.CompletableFuture.failedFuture
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatThrownBy
import org.junit.jupiter.api.Test

/**
 * Holdfast from Kotlin, whose compiler takes Holdfast's annotations at their word: every result has the nullability of the work that
 * gave it. The types of results are written out where Kotlin would infer them, because they are what is tested, and that nothing here
 * needs a `!!`.
 */
class KotlinTest {
    private val names = mapOf("a" to "Ada")

    /** How often work was begun. */
    private var begun = 0

    private fun name(id: String): String = names.getValue(id).also { begun++ }

    private fun nameOrNull(id: String): String? = names[id].also { begun++ }

    private fun later(id: String): CompletableFuture<String> = completedFuture(name(id))

    private fun laterOrNull(id: String): CompletableFuture<String?> = completedFuture(nameOrNull(id))

    /** Its type is stated: a lambda that only throws gives Kotlin's `Nothing`, of which there is no value to put in its place. */
    private fun noName(): String = throw IOException("no names")

    @Test
    fun circuitBreaker() {
        val breaker = CircuitBreaker.builder("names").consecutiveFailures(2).build()

        val name: String = breaker.call { name("a") }
        val nobody: String? = breaker.call { nameOrNull("z") }
        val later: String = breaker.callAsync { later("a") }.join()
        val nobodyLater: String? = breaker.callAsync { laterOrNull("z") }.join()

        assertThat(listOf(name, nobody, later, nobodyLater)).containsExactly("Ada", null, "Ada", null)
        assertThat(breaker.counts().successes()).isEqualTo(4)
    }

    @Test
    fun circuitBreakerThatTakesNullForAFailure() {
        val breaker = CircuitBreaker.builder("names").consecutiveFailures(2)
            .classify { so -> so.failOnResult<Any?> { it == null } }.build()

        val answers: List<String?> = List(2) { breaker.call { nameOrNull("z") } }

        assertThat(answers).containsOnlyNulls()
        assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN)
    }

    @Test
    fun bulkhead() {
        val bulkhead = Bulkhead.of("names", 2)

        val name: String = bulkhead.call { name("a") }
        val nobody: String? = bulkhead.call { nameOrNull("z") }
        val later: String = bulkhead.callAsync { later("a") }.join()
        val nobodyLater: String? = bulkhead.callAsync { laterOrNull("z") }.join()

        assertThat(listOf(name, nobody, later, nobodyLater)).containsExactly("Ada", null, "Ada", null)
    }

    @Test
    fun permitsThatMayBeRefused() {
        val bulkhead = Bulkhead.of("names", 1)

        bulkhead.acquire().use { first ->
            assertThat(bulkhead.tryAcquire()?.succeeded()).isNull()
            first.ended(nameOrNull("z"), null)
        }

        assertThat(bulkhead.tryAcquire()?.use { it.succeeded() }).isTrue()
        assertThat(bulkhead.report().inFlight()).isZero()
    }

    @Test
    fun rateLimiter() {
        val limiter = RateLimiter.builder("names").limit(4, Duration.ofSeconds(1)).build()

        val name: String = limiter.call { name("a") }
        val nobody: String? = limiter.call { nameOrNull("z") }
        val later: String = limiter.callAsync { later("a") }.join()
        val nobodyLater: String? = limiter.callAsync { laterOrNull("z") }.join()

        assertThat(listOf(name, nobody, later, nobodyLater)).containsExactly("Ada", null, "Ada", null)
    }

    @Test
    fun keyedRateLimiter() {
        val limiter = RateLimiter.builder("names").limit(4, Duration.ofSeconds(1)).keyed<String>(10)

        val name: String = limiter["client"].call { name("a") }
        val nobody: String? = limiter["client"].call { nameOrNull("z") }

        assertThat(listOf(name, nobody)).containsExactly("Ada", null)
    }

    @Test
    fun timeout() {
        val timeout = Timeout.of("names", Duration.ofSeconds(1))

        val name: String = timeout.call { name("a") }
        val nobody: String? = timeout.call { nameOrNull("z") }
        val later: String = timeout.callAsync { later("a") }.join()
        val nobodyLater: String? = timeout.callAsync { laterOrNull("z") }.join()

        assertThat(listOf(name, nobody, later, nobodyLater)).containsExactly("Ada", null, "Ada", null)
    }

    @Test
    fun retry() {
        val retry = Retry.builder("names").maxAttempts(3).build()

        val name: String = retry.call { name("a") }
        val nobody: String? = retry.call { nameOrNull("z") }
        val later: String = retry.callAsync { later("a") }.join()
        val nobodyLater: String? = retry.callAsync { laterOrNull("z") }.join()

        assertThat(listOf(name, nobody, later, nobodyLater)).containsExactly("Ada", null, "Ada", null)
        assertThat(begun).describedAs("null is no failure").isEqualTo(4)
    }

    @Test
    fun retryThatRepeatsNull() {
        val retry: Retry<String?> = Retry.builder("names").maxAttempts(3).backoff(Backoff.none())
            .retryOnResult<String?> { it == null }.build()

        val nobody: String? = retry.call { nameOrNull("z") }
        val name: String = retry.call { name("a") }

        assertThat(listOf(nobody, name)).containsExactly(null, "Ada")
        assertThat(begun).describedAs("three times for nobody, once for a name").isEqualTo(4)
        assertThat(retry.callAsync { laterOrNull("z") }.join()).isNull()
        assertThat(begun).isEqualTo(7)
    }

    @Test
    fun retryThatGivesUpOnNull() {
        val retry = Retry.builder("names").maxAttempts(2).backoff(Backoff.none())
            .retryOnResult { found: String? -> found == null }.throwOnExhaustedResult().build()

        assertThatThrownBy { retry.call { nameOrNull("z") } }.isInstanceOf(RetriesExhaustedException::class.java)
        assertThat(begun).isEqualTo(2)
    }

    @Test
    fun fallback() {
        val fallback: Fallback<String> = Fallback.of("names", String::class.java, "nobody")

        val name: String = fallback.call { name("a") }
        val replaced: String = fallback.call { noName() }
        val later: String = fallback.callAsync { later("a") }.join()
        val replacedLater: String = fallback.callAsync { failedFuture<String>(IOException("no names")) }.join()

        assertThat(listOf(name, replaced, later, replacedLater)).containsExactly("Ada", "nobody", "Ada", "nobody")
    }

    @Test
    fun fallbackToNull() {
        val fallback: Fallback<String?> = Fallback.builder<String?>("names", String::class.java).value(null).build()

        val name: String? = fallback.call { name("a") }
        val replaced: String? = fallback.call { noName() }
        val nobodyLater: String? = fallback.callAsync { laterOrNull("z") }.join()
        val replacedLater: String? = fallback.callAsync { failedFuture<String?>(IOException("no names")) }.join()

        assertThat(listOf(name, replaced, nobodyLater, replacedLater)).containsExactly("Ada", null, null, null)
        assertThat(fallback.counts().recovered()).isEqualTo(2)
        assertThat(Fallback.of<String?>("names", String::class.java, null).call { noName() }).isNull()
    }

    @Test
    fun fallbackForNull() {
        val fallback: Fallback<String?> = Fallback.builder<String?>("names", String::class.java).onResult { it == null }
            .apply { outcome -> outcome.failure()?.message }
            .call { nameOrNull("a") }
            .build()

        assertThat(fallback.call { nameOrNull("z") }).describedAs("the first step gives null, which stands").isNull()
    }

    @Test
    fun pipeline() {
        val pipeline: Pipeline<Any?> = Pipeline.of(
            Retry.ofDefaults("names"),
            CircuitBreaker.ofDefaults("names"),
            RateLimiter.builder("names").limit(10, Duration.ofSeconds(1)).build(),
            Bulkhead.of("names", 1),
            Timeout.of("names", Duration.ofSeconds(1)),
        )

        val name: String = pipeline.call { name("a") }
        val nobody: String? = pipeline.call { nameOrNull("z") }
        val later: String = pipeline.callAsync { later("a") }.join()
        val nobodyLater: String? = pipeline.callAsync { laterOrNull("z") }.join()

        assertThat(listOf(name, nobody, later, nobodyLater)).containsExactly("Ada", null, "Ada", null)
    }

    @Test
    fun pipelineOfOneType() {
        val nullable: Pipeline<String?> = Pipeline.of(
            Fallback.builder<String?>("names", String::class.java).value(null).build(),
            Retry.builder("names").maxAttempts(2).backoff(Backoff.none()).build(),
        )
        val certain: Pipeline<String> = Pipeline.of(
            Fallback.builder<String>("names", String::class.java).value("nobody").build(),
            nullable,
        )

        val replaced: String? = nullable.call { noName() }
        val name: String = certain.call { name("a") }
        val later: String = certain.callAsync { later("a") }.join()

        assertThat(listOf(replaced, name, later)).containsExactly(null, "Ada", "Ada")
    }

    @Test
    fun everyShapeOfWork() {
        val policy: Policy<Any?> = Retry.builder("names").maxAttempts(2).backoff(Backoff.none()).build()

        policy.run { begun++ }
        policy.runAsync { laterOrNull("z") }.join()
        val attempt: Int = policy.callWith { call -> call.attempt() }
        val nobody: String? = policy.callChecked<String?, IOException> { nameOrNull("z") }
        val lookup: (String) -> String? = policy.function<String, String?> { nameOrNull(it) }::apply
        val laterOf: (String) -> CompletableFuture<String?> = policy.asyncFunction<String, String?> { laterOrNull(it) }::apply
        val supplier: () -> String = policy.supplier { name("a") }::get

        assertThat(attempt).isEqualTo(1)
        assertThat(listOf(nobody, lookup("z"), laterOf("z").join(), supplier())).containsExactly(null, null, null, "Ada")
    }

    /** What Kotlin cannot infer is written out: the exceptions that only a `throws` clause names, results that only a consumer takes. */
    @Test
    fun whatIsWrittenOut() {
        val pipeline: Pipeline<Any?> = Pipeline.of(Retry.ofDefaults("names"))
        val environment = Environment.system()
        val soon = Duration.ofSeconds(10)

        val name: String = environment.within<String, Exception>(soon) { pipeline.call { name("a") } }
        val nobody: String? = environment.within<String?, Exception>(soon) { pipeline.call { nameOrNull("z") } }
        environment.runWithin<Exception>(soon) { pipeline.call { name("a") } }
        val within: String = pipeline.within(soon).call { name("a") }
        val interruptible: String = pipeline.callInterruptibly<String, Exception> { name("a") }
        val closing: Pipeline<AutoCloseable> = pipeline.discarding<AutoCloseable> { it.close() }

        assertThat(listOf(name, nobody, within, interruptible)).containsExactly("Ada", null, "Ada", "Ada")
        assertThat(closing.call { AutoCloseable { } }).isNotNull()
    }

    @Test
    fun listeners() {
        val bulkhead = Bulkhead.of("names", 1)
        val told = ArrayList<Event>()

        val nobody: String? = bulkhead.on(Event::class.java) { told += it }.use { bulkhead.call { nameOrNull("z") } }

        assertThat(nobody).isNull()
        assertThat(told).hasOnlyElementsOfType(Event.CallEnded::class.java).hasSize(1)
    }
}
