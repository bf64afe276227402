// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.internal.JsonText;

/** A report as JSON (RFC 8259), in ASCII. */
final class Json {
    private Json() {}

    static String of(HealthReport report) {
        StringBuilder out =
                new StringBuilder("{\"status\":\"").append(report.state()).append("\",\"checks\":[");
        String separator = "";
        for (HealthReport.Part part : report.parts()) {
            out.append(separator).append("{\"name\":");
            JsonText.append(out, part.name());
            out.append(",\"status\":\"").append(part.state()).append("\",\"reason\":");
            JsonText.append(out, part.reason());
            out.append(",\"decides\":").append(part.decides()).append('}');
            separator = ",";
        }
        return out.append("]}").toString();
    }
}
