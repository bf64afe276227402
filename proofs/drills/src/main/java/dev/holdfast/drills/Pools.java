// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

/** Pools of connections that are as wide as the bulkhead, so that nobody waits in the pool. */
final class Pools {
    private Pools() {}

    static HikariDataSource pool(String url, String user, int permits) {
        // tag: hikari-settings
        HikariConfig settings = new HikariConfig();
        settings.setJdbcUrl(url);
        settings.setUsername(user);
        settings.setMaximumPoolSize(permits); // the bulkhead's limit
        settings.setConnectionTimeout(250); // the shortest: a wait here is not ended by hooks
        HikariDataSource pool = new HikariDataSource(settings);
        // end
        return pool;
    }
}
