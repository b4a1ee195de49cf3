//! Action types: what kind of action a job belongs to and how it is set up.

use super::ConfigurationKey;
use crate::schema::{AtMost, TextRules, WORD, enumeration, number, structure, text};

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
        /// Whether it is part of what tells actions apart.
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
