-- 满意度：4 与 5 分的答卷数
select count(*) from company.survey_responses
where method = 'questionnaire' and score >= 4 and cast(answered_on as date) <= today() and cast(sent_on as date) <= today()
-- published
select coalesce(sum(top_two), 0) from published.management.satisfaction where scope_type = 'company' and channel = 'all'
