// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Html;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** What a page says of one world: what it is, the numbers, the charts, and what each policy did. */
final class WorldSection {
    private final World world;
    private final Map<String, Run> runs;
    private final List<String> names;
    private final int seconds;
    private final StringBuilder html = new StringBuilder();

    private WorldSection(Map<String, Run> runs) {
        this.runs = runs;
        this.names = List.copyOf(runs.keySet());
        this.world = runs.values().iterator().next().world();
        this.seconds = runs.values().iterator().next().seconds().size();
    }

    static String html(String title, Map<String, Run> runs) {
        WorldSection section = new WorldSection(runs);
        section.write(title);
        return section.html.toString();
    }

    private void write(String title) {
        html.append("<section>").append(Html.element("h2", title)).append("<ul class=\"world\">\n");
        parts().forEach(part -> html.append(Html.element("li", part)).append('\n'));
        html.append("</ul>\n").append(Figures.table(runs).html());
        legend();
        html.append("<div class=\"charts\">\n").append(goodput()).append(latency());
        world.services().forEach(service -> html.append(requests(service.name())));
        html.append("</div>\n");
        runs.forEach((name, run) -> html.append(Meters.html(name, kind(name), run)));
        html.append("</section>\n");
    }

    private List<String> parts() {
        List<String> parts = new ArrayList<>();
        world.services().forEach(part -> parts.add(part.toString()));
        world.clients().forEach(part -> parts.add(part.toString()));
        world.faults().forEach(part -> parts.add(part.toString()));
        return parts;
    }

    private void legend() {
        html.append("<ul class=\"legend\">\n");
        names.forEach(name -> entry("line " + kind(name), name));
        entry("line ceiling", "ceiling");
        if (!world.faults().isEmpty()) {
            html.append("<li><i class=\"fault\"></i>fault</li>\n");
        }
        html.append("</ul>\n");
    }

    private void entry(String kind, String name) {
        html.append("<li><svg viewBox=\"0 0 30 10\" aria-hidden=\"true\"><path class=\"")
                .append(kind)
                .append("\" d=\"M1 5H29\"/></svg>")
                .append(Html.escape(name))
                .append("</li>\n");
    }

    /** The colour and dashes of its line. */
    private String kind(String name) {
        int index = names.indexOf(name);
        return index == 0 ? "bare" : "c" + (index - 1) % 6 + (index > 6 ? " again" : "");
    }

    private String goodput() {
        Plot plot = new Plot("Goodput: answered calls over calls made", seconds, Plot.Scale.linear(1)).faults(world);
        double[] ceiling = new double[seconds];
        Arrays.setAll(ceiling, world::ceilingOf);
        plot.line("ceiling", "ceiling", ceiling);
        runs.forEach((name, run) -> plot.line(kind(name), name, series(run, Second::goodput)));
        return plot.html();
    }

    private String latency() {
        ToDoubleFunction<Second> p99 = second -> {
            long nanos = Require.saturatedNanos(second.latency(0.99));
            return nanos == 0 ? Double.NaN : nanos / 1e6;
        };
        double[] all = runs.values().stream()
                .flatMapToDouble(run -> Arrays.stream(series(run, p99)))
                .filter(value -> !Double.isNaN(value))
                .toArray();
        Plot.Scale scale = Plot.Scale.logarithmic(
                Arrays.stream(all).min().orElse(1), Arrays.stream(all).max().orElse(1000));
        Plot plot = new Plot("Latency of answered calls, p99, logarithmic", seconds, scale).faults(world);
        runs.forEach((name, run) -> plot.line(kind(name), name, series(run, p99)));
        return plot.html();
    }

    private String requests(String service) {
        Function<Run, double[]> sent =
                run -> Arrays.stream(run.sent(service)).asDoubleStream().toArray();
        double most = runs.values().stream()
                .flatMapToDouble(run -> Arrays.stream(sent.apply(run)))
                .max()
                .orElse(1);
        Plot plot = new Plot(
                        "Requests sent to " + service + " in each second",
                        seconds,
                        Plot.Scale.linear(Math.max(1, most)))
                .faults(world);
        runs.forEach((name, run) -> plot.line(kind(name), name, sent.apply(run)));
        return plot.html();
    }

    private static double[] series(Run run, ToDoubleFunction<Second> value) {
        return run.seconds().stream().mapToDouble(value).toArray();
    }
}
