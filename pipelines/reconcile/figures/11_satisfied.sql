-- 满意度：4 与 5 分的答卷数（按答卷所在季）
select quarter_of(cast(answered_on as date)), crm, count(*) from company.survey_responses
where method = 'questionnaire' and score >= 4 and cast(answered_on as date) <= today() and cast(sent_on as date) <= today()
group by all
-- published
select wave, 'company', top_two from published.management.satisfaction where scope_type = 'company' and channel = 'all'
