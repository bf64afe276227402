// SPDX-License-Identifier: Apache-2.0
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Fetches a Maven distribution, checks it and unpacks it: {@code java Bootstrap.java VERSION SHA512 TARGET}. */
final class Bootstrap {

    private static final String GROUP = "org.apache.maven";

    public static void main(String[] args) throws Exception {
        try {
            install(args[0], args[1], Path.of(args[2]).toAbsolutePath());
        } catch (IOException e) {
            System.err.println("mvnw: cannot install Maven " + args[0] + ": " + e);
            System.exit(1);
        }
    }

    private static void install(String version, String sha512, Path target) throws Exception {
        String name = "apache-maven-" + version;
        URI address = URI.create(repository() + "/" + GROUP.replace('.', '/') + "/apache-maven/" + version + "/" + name
                + "-bin.zip");
        Path parent = Files.createDirectories(target.getParent());
        // A directory of this run's own beside the target: concurrent runs do not meet before the rename.
        Path work = Files.createTempDirectory(parent, name + "-");
        try {
            System.err.println("mvnw: fetching Maven " + version + " from " + address.getHost());
            byte[] zip = fetch(address);
            check(zip, sha512);
            unzip(zip, work);
            Path maven = work.resolve(name);
            for (String script : List.of("mvn", "mvnDebug")) {
                if (!maven.resolve("bin").resolve(script).toFile().setExecutable(true, false)) {
                    throw new IOException("no executable bin/" + script + " in " + address);
                }
            }
            publish(maven, target);
        } finally {
            delete(work);
        }
    }

    private static String repository() {
        String given = System.getenv("MVNW_REPOURL");
        if (given != null && !given.isBlank()) {
            return given.replaceFirst("/+$", "");
        }
        String[] labels = GROUP.split("\\.");
        return "https://repo." + labels[2] + "." + labels[1] + "." + labels[0] + "/maven2";
    }

    private static byte[] fetch(URI address) throws IOException, InterruptedException {
        HttpClient.Builder client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(Duration.ofSeconds(30));
        String proxy = environment("https_proxy");
        if (!proxy.isEmpty() && !direct(address.getHost())) {
            URI uri = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
            int port = uri.getPort() < 0 ? 8080 : uri.getPort();
            client.proxy(ProxySelector.of(new InetSocketAddress(uri.getHost(), port)));
        }
        HttpRequest request = HttpRequest.newBuilder(address).timeout(Duration.ofMinutes(5)).build();
        HttpResponse<byte[]> response = client.build().send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new IOException("status " + response.statusCode() + " (expected: 200) for " + address);
        }
        return response.body();
    }

    private static boolean direct(String host) {
        for (String entry : environment("no_proxy").split("[,\\s]+")) {
            String domain = entry.replaceFirst("^\\*?\\.", "");
            if (entry.equals("*") || !domain.isEmpty() && ("." + host).endsWith("." + domain)) {
                return true;
            }
        }
        return false;
    }

    private static String environment(String name) {
        String value = System.getenv(name) != null ? System.getenv(name) : System.getenv(name.toUpperCase());
        return value == null ? "" : value.strip();
    }

    private static void check(byte[] zip, String expected) throws IOException, NoSuchAlgorithmException {
        String actual = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-512").digest(zip));
        if (!actual.equals(expected)) {
            throw new IOException("SHA-512 of the download: " + actual + " (expected: " + expected + ")");
        }
    }

    private static void unzip(byte[] zip, Path directory) throws IOException {
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                Path path = directory.resolve(entry.getName()).normalize();
                if (!path.startsWith(directory)) {
                    throw new IOException("entry outside of the archive: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else {
                    Files.createDirectories(path.getParent());
                    Files.copy(in, path);
                }
            }
        }
    }

    private static void publish(Path maven, Path target) throws IOException {
        try {
            Files.move(maven, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // Another run was faster: what it left passed the same check.
            if (!Files.isExecutable(target.resolve("bin/mvn"))) {
                throw e;
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        try (var paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
