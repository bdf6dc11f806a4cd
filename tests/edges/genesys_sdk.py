"""Reads a simulated Genesys Cloud with the vendor's own SDK and prints what it understood.

genesys_sdk.py HOST PORT CLIENT_ID CLIENT_SECRET: the login has the prefix /login, the API /gate.
Exits with 1 where the SDK finds a word that is not in its lists.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

import PureCloudPlatformClientV2 as genesys

host, port, client_id, client_secret = sys.argv[1:]
client = genesys.api_client.ApiClient()
client.set_gateway(host, "http", int(port), "login", "gate")
client.get_client_credentials_token(client_id, client_secret)

understood = []


def note(answer):
    """Keeps an answer, so that all of them can be searched for foreign words."""
    understood.append(answer)
    return answer


def statistics(container, metric, qualifier=None):
    for data in container.data:
        if data.metric == metric and data.qualifier == qualifier:
            return data.stats
    return None


analytics = genesys.AnalyticsApi(client)
telephony = genesys.TelephonyProvidersEdgeApi(client)

queues, page = [], 1
while True:
    listing = note(genesys.RoutingApi(client).get_routing_queues(page_size=2, page_number=page))
    queues += [queue.id for queue in listing.entities]
    if listing.next_uri is None:
        break
    page += 1

query = genesys.QueueObservationQuery()
query.filter = genesys.QueueObservationQueryFilter()
query.filter.type = "or"
query.filter.predicates = []
for queue in queues:
    predicate = genesys.QueueObservationQueryPredicate()
    predicate.dimension = "queueId"
    predicate.value = queue
    query.filter.predicates.append(predicate)
query.metrics = ["oWaiting", "oLongestWaiting", "oOnQueueUsers"]
observed = note(analytics.post_analytics_queues_observations_query(query))
of_voice = next(result for result in observed.results if "mediaType" in result.group)
of_users = next(result for result in observed.results if "mediaType" not in result.group)

now = datetime.now(timezone.utc)
minutes = [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (now - timedelta(minutes=5), now)]
aggregation = genesys.ConversationAggregationQuery()
aggregation.interval = "/".join(minutes)
aggregation.group_by = ["queueId", "mediaType"]
aggregation.metrics = ["tAbandon", "oServiceLevel"]
aggregated = note(analytics.post_analytics_conversations_aggregates_query(aggregation))

activity = genesys.ConversationActivityQuery()
activity.group_by = ["queueId"]
activity.metrics = [genesys.ConversationActivityQueryMetric()]
activity.metrics[0].metric = "oWaiting"
active = note(analytics.post_analytics_conversations_activity_query(activity))

trunks = note(telephony.get_telephony_providers_edges_trunks(page_size=100)).entities
metrics = note(telephony.get_telephony_providers_edges_trunks_metrics(trunks[0].id))
edges = note(telephony.get_telephony_providers_edges()).entities
of_edges = note(telephony.get_telephony_providers_edges_metrics(edges[0].id))

alert_query = genesys.GetAlertQuery()
alert_query.alert_status = "Active"
alerts = note(genesys.AlertingApi(client).post_alerting_alerts_query(body=alert_query))

event_query = genesys.EventQueryRequest()
event_query.interval = "/".join(minutes[:1] + [(now + timedelta(minutes=5)).isoformat()])
event_query.event_definition_ids = []
events = note(genesys.OperationalEventsApi(client).post_usage_events_query(body=event_query))

date = note(genesys.UtilitiesApi(client).get_date())

# The SDK's marker for a value of an enumeration that it does not know.
if "outdated_sdk_version" in str(understood):
    sys.exit("the SDK does not know a word of: %s" % understood)

print(
    json.dumps(
        {
            "queues": queues,
            "waiting": statistics(of_voice, "oWaiting").count,
            "waiting_since": statistics(of_voice, "oLongestWaiting").calculated_metric_value,
            "interacting": statistics(of_users, "oOnQueueUsers", "INTERACTING").count,
            "abandoned": aggregated.results[0].data[0].metrics[0].stats.count,
            "active": active.results[0].data[0].count,
            "trunks": {trunk.id: trunk.connected_status.connected for trunk in trunks},
            "bases": sorted({trunk.trunk_base.id for trunk in trunks}),
            "calls": metrics[0].calls.inbound_call_count,
            "edges": {edge.id: edge.online_status for edge in edges},
            "cpu": of_edges[0].processors[0].active_time_pct,
            "alerts": [alert.conditions.predicates[0].metric for alert in alerts.entities],
            "events": [event.entity_id for event in events.entities],
            "year": date.current_date.year,
        }
    )
)
