//! Action types: what kind of action a job belongs to and how it is set up. `ListActionTypes` gives the
//! older form, `GetActionType` the newer one, with executors.

use super::{AccountId, ConfigurationKey};
use crate::schema::{
    ACTION_TYPE_OWNER, ALLOWED_ACCOUNT, AtMost, LAMBDA_ARN, TextRules, WORD, enumeration, number,
    structure, text,
};

enumeration! {
    /// What an action does in its pipeline.
    pub enum ActionCategory {
        /// Brings in what the pipeline works on.
        Source = "Source",
        /// Builds.
        Build = "Build",
        /// Deploys.
        Deploy = "Deploy",
        /// Tests.
        Test = "Test",
        /// Calls something, such as a function.
        Invoke = "Invoke",
        /// Waits for a person's approval.
        Approval = "Approval",
        /// Runs commands.
        Compute = "Compute",
    }

    /// Who made an action type. A custom worker's jobs are of owner `Custom`.
    pub enum ActionOwner {
        /// AWS itself; no worker can poll for these.
        Aws = "AWS",
        /// A partner, whose workers poll with `PollForThirdPartyJobs`.
        ThirdParty = "ThirdParty",
        /// The account's owner, whose workers poll with `PollForJobs`.
        Custom = "Custom",
    }

    /// The type of a configuration property's value.
    pub enum ActionPropertyType {
        /// A text.
        String = "String",
        /// A number, written as a text.
        Number = "Number",
        /// `true` or `false`, written as a text.
        Boolean = "Boolean",
    }
}

text! {
    /// Who provides an action type: 1 to 35 characters of `[0-9A-Za-z_-]`.
    pub struct ActionProvider(TextRules::length(1, 35).matching(&WORD));

    /// An action type's version: 1 to 9 characters of `[0-9A-Za-z_-]`.
    pub struct ActionVersion(TextRules::length(1, 9).matching(&WORD));

    /// A web address, or a template of one: 1 to 2048 characters.
    pub struct Url(TextRules::length(1, 2048));

    /// What a configuration property is for: 1 to 160 characters.
    pub struct PropertyDescription(TextRules::length(1, 160));
}

number! {
    /// How many artifacts an action takes or gives: 0 to 5.
    pub struct ArtifactCount(Some(0), Some(5));
}

/// The configuration properties of an action type: at most ten.
pub type ActionConfigurationProperties = AtMost<10, ActionConfigurationProperty>;

structure! {
    /// What names an action type. Polls ask for the jobs of one.
    #[derive(Hash, PartialOrd, Ord)]
    pub struct ActionTypeId {
        /// What the action does.
        required category: ActionCategory = "category",
        /// Who made the type.
        required owner: ActionOwner = "owner",
        /// Who provides it.
        required provider: ActionProvider = "provider",
        /// Its version.
        required version: ActionVersion = "version",
    }

    /// Where a console's links for an action type lead.
    #[derive(Default)]
    pub struct ActionTypeSettings {
        /// Where a third-party action is set up.
        optional third_party_configuration_url: Url = "thirdPartyConfigurationUrl",
        /// The external system's page for the action.
        optional entity_url_template: Url = "entityUrlTemplate",
        /// The external system's page for one execution.
        optional execution_url_template: Url = "executionUrlTemplate",
        /// The page where a revision can be changed.
        optional revision_url_template: Url = "revisionUrlTemplate",
    }

    /// One property that an action of the type is configured with.
    pub struct ActionConfigurationProperty {
        /// The key under which a job's configuration has it.
        required name: ConfigurationKey = "name",
        /// Whether an action must have it.
        required required: bool = "required",
        /// Whether it is part of what distinguishes actions.
        required key: bool = "key",
        /// Whether its value is hidden in the service's ordinary answers. Jobs carry it in clear.
        required secret: bool = "secret",
        /// Whether polls may select jobs by it; at most one property of a type may.
        optional queryable: bool = "queryable",
        /// What it is for.
        optional description: PropertyDescription = "description",
        /// The type of its value.
        optional kind: ActionPropertyType = "type",
    }

    /// How many artifacts an action of a type may have.
    pub struct ArtifactDetails {
        /// The least.
        required minimum_count: ArtifactCount = "minimumCount",
        /// The most.
        required maximum_count: ArtifactCount = "maximumCount",
    }

    /// An action type as the service describes it.
    pub struct ActionType {
        /// What names it.
        required id: ActionTypeId = "id",
        /// Where its links lead.
        optional settings: ActionTypeSettings = "settings",
        /// How its actions are configured.
        optional action_configuration_properties: ActionConfigurationProperties =
            "actionConfigurationProperties",
        /// What its actions take.
        required input_artifact_details: ArtifactDetails = "inputArtifactDetails",
        /// What its actions give.
        required output_artifact_details: ArtifactDetails = "outputArtifactDetails",
    }
}

enumeration! {
    /// What carries out an action type's jobs.
    pub enum ExecutorType {
        /// A worker that polls.
        JobWorker = "JobWorker",
        /// A Lambda function.
        Lambda = "Lambda",
    }
}

text! {
    /// Who made an action type: `AWS` or `ThirdParty`. A pattern in the model, not an enumeration.
    pub struct ActionTypeOwner(TextRules::ANY.matching(&ACTION_TYPE_OWNER));

    /// What an action type is for: 1 to 1024 characters.
    pub struct ActionTypeDescription(TextRules::length(1, 1024));

    /// What a property is for: 1 to 250 characters.
    pub struct ActionTypePropertyDescription(TextRules::length(1, 250));

    /// The policy that an executor's role needs: 1 to 2048 characters.
    pub struct PolicyStatementsTemplate(TextRules::length(1, 2048));

    /// A function's ARN: 1 to 140 characters of `arn:aws(-[\w]+)*:lambda:.+:[0-9]{12}:function:.+`.
    pub struct LambdaFunctionArn(TextRules::length(1, 140).matching(&LAMBDA_ARN));

    /// A service that may poll: 1 to 128 characters.
    pub struct ServicePrincipal(TextRules::length(1, 128));

    /// An account that may use an action type, or `*` for all.
    pub struct AllowedAccount(TextRules::ANY.matching(&ALLOWED_ACCOUNT));
}

number! {
    /// How long one job may take, in seconds: 60 to 43200.
    pub struct JobTimeout(Some(60), Some(43_200));

    /// How many artifacts an action takes or gives: 0 to 10.
    pub struct ActionTypeArtifactCount(Some(0), Some(10));
}

structure! {
    /// An action type, declared.
    pub struct ActionTypeDeclaration {
        /// What it is for.
        optional description: ActionTypeDescription = "description",
        /// What carries out its jobs.
        required executor: ActionTypeExecutor = "executor",
        /// What names it.
        required id: ActionTypeIdentifier = "id",
        /// What its actions take.
        required input_artifact_details: ActionTypeArtifactDetails = "inputArtifactDetails",
        /// What its actions give.
        required output_artifact_details: ActionTypeArtifactDetails = "outputArtifactDetails",
        /// Who may use it.
        optional permissions: ActionTypePermissions = "permissions",
        /// How its actions are configured: at most ten properties.
        optional properties: AtMost<10, ActionTypeProperty> = "properties",
        /// Where its links lead.
        optional urls: ActionTypeUrls = "urls",
    }

    /// What carries out an action type's jobs, and how.
    pub struct ActionTypeExecutor {
        /// The executor's settings.
        required configuration: ExecutorConfiguration = "configuration",
        /// The executor's kind.
        required kind: ExecutorType = "type",
        /// The policy that its role needs.
        optional policy_statements_template: PolicyStatementsTemplate = "policyStatementsTemplate",
        /// How long one job may take.
        optional job_timeout: JobTimeout = "jobTimeout",
    }

    /// The settings of an executor; one of the two, by its kind.
    #[derive(Default)]
    pub struct ExecutorConfiguration {
        /// Settings of a Lambda function.
        optional lambda: LambdaExecutorConfiguration = "lambdaExecutorConfiguration",
        /// Settings of workers that poll.
        optional job_worker: JobWorkerExecutorConfiguration = "jobWorkerExecutorConfiguration",
    }

    /// Settings of a Lambda function.
    pub struct LambdaExecutorConfiguration {
        /// The function.
        required lambda_function_arn: LambdaFunctionArn = "lambdaFunctionArn",
    }

    /// Settings of workers that poll.
    #[derive(Default)]
    pub struct JobWorkerExecutorConfiguration {
        /// The accounts that may poll. The service gives 1 to 1000.
        optional polling_accounts: AtMost<1000, AccountId> = "pollingAccounts",
        /// The services that may poll. The service gives 1 to 10.
        optional polling_service_principals: AtMost<10, ServicePrincipal> =
            "pollingServicePrincipals",
    }

    /// What names an action type here. Its owner is a text of another form than elsewhere.
    pub struct ActionTypeIdentifier {
        /// What its actions do.
        required category: ActionCategory = "category",
        /// Who made it.
        required owner: ActionTypeOwner = "owner",
        /// Who provides it.
        required provider: ActionProvider = "provider",
        /// Its version.
        required version: ActionVersion = "version",
    }

    /// How many artifacts an action of the type may have.
    pub struct ActionTypeArtifactDetails {
        /// The least.
        required minimum_count: ActionTypeArtifactCount = "minimumCount",
        /// The most.
        required maximum_count: ActionTypeArtifactCount = "maximumCount",
    }

    /// Who may use an action type.
    pub struct ActionTypePermissions {
        /// The accounts. The service gives 1 to 1000.
        required allowed_accounts: AtMost<1000, AllowedAccount> = "allowedAccounts",
    }

    /// One property that an action of the type is configured with.
    pub struct ActionTypeProperty {
        /// The key under which a job's configuration has it.
        required name: ConfigurationKey = "name",
        /// Whether an action may do without it.
        required optional: bool = "optional",
        /// Whether it is part of what distinguishes actions.
        required key: bool = "key",
        /// Whether its value is hidden in the service's ordinary answers.
        required no_echo: bool = "noEcho",
        /// Whether polls may select jobs by it.
        optional queryable: bool = "queryable",
        /// What it is for.
        optional description: ActionTypePropertyDescription = "description",
    }

    /// Where a console's links for an action type lead.
    #[derive(Default)]
    pub struct ActionTypeUrls {
        /// Where an action is set up.
        optional configuration_url: Url = "configurationUrl",
        /// The external system's page for the action.
        optional entity_url_template: Url = "entityUrlTemplate",
        /// The external system's page for one execution.
        optional execution_url_template: Url = "executionUrlTemplate",
        /// The page where a revision can be changed.
        optional revision_url_template: Url = "revisionUrlTemplate",
    }
}

text! {
    /// A tag's key: 1 to 128 characters.
    pub struct TagKey(TextRules::length(1, 128));

    /// A tag's value: up to 256 characters.
    pub struct TagValue(TextRules::length(0, 256));

    /// The region whose action types are listed: 4 to 30 characters of any kind.
    pub struct RegionFilter(TextRules::length(4, 30));
}

structure! {
    /// One tag.
    pub struct Tag {
        /// Its key.
        required key: TagKey = "key",
        /// Its value.
        required value: TagValue = "value",
    }
}
