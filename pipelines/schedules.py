"""When things run, in the company's business time zone, and what answers an event.

What to add here: a schedule or a sensor. What belongs elsewhere: what they start (`jobs.py`).
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.jobs import close_month, commission_statements, nightly, quarterly_pack, refresh_finance
from pipelines.partitions import month_before, quarter_before
from pipelines.publish import clocks_of
from pipelines.resources import Home, Mail

BUSINESS_ZONE = "Asia/Shanghai"


def clocks_config(as_of: str, known_at: str) -> dict[str, object]:
    """Run config that sets the two clocks."""
    return {"resources": {"clocks": {"config": {"as_of": as_of, "known_at": known_at}}}}


@dg.schedule(job=nightly, cron_schedule="0 2 * * *", execution_timezone=BUSINESS_ZONE)
def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """02:00 every night: yesterday's business date, seen as of now."""
    tick = context.scheduled_execution_time
    as_of = tick.astimezone(ZoneInfo(BUSINESS_ZONE)).date() - timedelta(days=1)
    return dg.RunRequest(run_key=str(as_of), run_config=clocks_config(str(as_of), tick.astimezone(UTC).isoformat()))


@dg.schedule(job=close_month, cron_schedule="0 6 5 * *", execution_timezone=BUSINESS_ZONE)
def monthly_close_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """06:00 on the 5th: the month before is closed into the ledger."""
    tick = context.scheduled_execution_time
    month = month_before(tick.astimezone(ZoneInfo(BUSINESS_ZONE)).date())
    return dg.RunRequest(run_key=month, partition_key=month, run_config=clocks_config("", tick.astimezone(UTC).isoformat()))


@dg.schedule(job=quarterly_pack, cron_schedule="0 7 12 1,4,7,10 *", execution_timezone=BUSINESS_ZONE)
def quarterly_pack_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """07:00 on the 12th after a quarter: the review pack of that quarter is built and delivered."""
    tick = context.scheduled_execution_time
    quarter = quarter_before(tick.astimezone(ZoneInfo(BUSINESS_ZONE)).date())
    return dg.RunRequest(run_key=quarter, partition_key=quarter, run_config=clocks_config("", tick.astimezone(UTC).isoformat()))


@dg.run_status_sensor(run_status=dg.DagsterRunStatus.SUCCESS, monitored_jobs=[close_month], request_job=refresh_finance)
def finance_follows_close(context: dg.RunStatusSensorContext, home: Home) -> dg.RunRequest | dg.SkipReason:
    """A month was closed: the finance marts of what is published are built again so that they show it."""
    published = clocks_of(home.published)
    if published is None:
        return dg.SkipReason("nothing is published")
    return dg.RunRequest(
        run_key=context.dagster_run.run_id,
        run_config=clocks_config(str(published[0]), ""),  # known at the moment it runs, which is after the close
        tags={"closed_month": context.dagster_run.tags["dagster/partition"]},
    )


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[refresh_finance],
    request_job=commission_statements,
)
def statements_follow_close(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    """The finance marts show a closed month: its statements are built and delivered."""
    month = context.dagster_run.tags.get("closed_month")
    if month is None:
        return dg.SkipReason("not started by a close")
    return dg.RunRequest(run_key=context.dagster_run.run_id, partition_key=month)


@dg.run_failure_sensor(monitor_all_code_locations=False)
def failure_notice(context: dg.RunFailureSensorContext, home: Home, mail: Mail) -> None:
    """A run failed: the data team gets a mail that names the job, the step and the first words of the error."""
    failed = [event.step_key for event in context.get_step_failure_events()]
    mail.notify_data_team(
        home,
        subject=f"{context.dagster_run.job_name} failed",
        text=f"Run {context.dagster_run.run_id}\nSteps: {', '.join(filter(None, failed))}\n{context.failure_event.message}\n",
        key=context.dagster_run.run_id,
        at=datetime.now(UTC),
    )
